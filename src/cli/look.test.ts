import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import * as fc from 'fast-check';
import { wantsColour } from './io.ts';
import { type Look, line, table } from './look.ts';
import { displayWidth } from './text.ts';

const PLAIN: Look = { colour: false, now: 0 };

describe('lines and tables', () => {
  it('are aligned, without blanks at their ends', () => {
    const rows = [
      ['NAME', 'STATE', 'MORE'],
      ['a', ['Failed', 'red'], ''],
      ['longer', 'x', 'y'],
    ] as const;
    assert.deepEqual(table(rows, PLAIN), ['NAME    STATE   MORE', 'a       Failed', 'longer  x       y']);
  });

  it('are the same text in colour', () => {
    const rows = [
      [['a', 'red'], 'b'],
      ['ccc', ['d', 'bold']],
    ] as const;
    const colour = table(rows, { ...PLAIN, colour: true });
    assert.notDeepEqual(colour, table(rows, PLAIN));
    assert.deepEqual(colour.map(stripVTControlCharacters), table(rows, PLAIN));
  });

  it('give way in one column where the terminal is narrow', () => {
    const rows = [['name', 'a long message that does not fit', '5s']];
    assert.deepEqual(table(rows, { ...PLAIN, width: 24 }, 1), ['name  a long messag…  5s']);
  });

  it('are never wider than the terminal', () => {
    const rows = fc.array(fc.array(fc.string(), { minLength: 3, maxLength: 3 }));
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 60 }), (rows, width) => {
        for (const text of table(rows, { ...PLAIN, width }, 1)) assert.ok(displayWidth(text) <= width, text);
      }),
    );
  });

  it('are not cut where no terminal is', () => {
    const long = 'x'.repeat(500);
    assert.equal(line([long], PLAIN), long);
  });
});

describe('colour', () => {
  const wants = (flag: boolean | undefined, env: NodeJS.ProcessEnv, isTerminal: boolean): boolean =>
    wantsColour({ flag, env, isTerminal });

  it('is for terminals', () => {
    assert.deepEqual([wants(undefined, {}, true), wants(undefined, {}, false)], [true, false]);
    assert.equal(wants(undefined, { TERM: 'dumb' }, true), false);
  });

  it('follows NO_COLOR and FORCE_COLOR, and the flag before both', () => {
    assert.equal(wants(undefined, { NO_COLOR: '1', FORCE_COLOR: '1' }, true), false);
    assert.equal(wants(undefined, { NO_COLOR: '' }, true), true);
    assert.equal(wants(undefined, { FORCE_COLOR: '1' }, false), true);
    assert.equal(wants(true, { NO_COLOR: '1' }, false), true);
    assert.equal(wants(false, { FORCE_COLOR: '1' }, true), false);
  });
});
