import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { cut, displayWidth, oneLine, onlyColours } from './text.ts';

const ESC = '\u001B';

describe('text for a terminal', () => {
  it('is measured in cells: wide characters take two, combining ones none', () => {
    assert.deepEqual(['abc', '日本', 'é', '✓', '🚀'].map(displayWidth), [3, 4, 1, 1, 2]);
  });

  it('is never wider than asked for once it is cut, and says that it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, width) => {
        const short = cut(text, width);
        assert.ok(displayWidth(short) <= width);
        if (short !== text) assert.ok(short.endsWith('…'));
      }),
    );
  });

  it('keeps colours of a log and nothing else that a terminal obeys', () => {
    const hostile = `a${ESC}[31mred${ESC}[0m${ESC}[2J${ESC}]0;title\u0007\rb\tc`;
    assert.equal(onlyColours(hostile), `a${ESC}[31mred${ESC}[0mb\tc${ESC}[0m`);
    assert.equal(onlyColours('plain'), 'plain');
  });

  it('leaves no escape that could be one, whatever the text', () => {
    const parts = fc.constantFrom(
      ESC,
      '[',
      ']',
      '0',
      '31',
      'm',
      ';',
      'H',
      '\u0007',
      '\\',
      '\u009B',
      'x',
      '\r',
      '?',
    );
    fc.assert(
      fc.property(fc.array(parts), (pieces) => {
        const rest = onlyColours(pieces.join('')).replaceAll(new RegExp(`${ESC}\\[[0-9;:]*m`, 'g'), '');
        assert.ok(!/(?!\t)\p{Cc}/u.test(rest), JSON.stringify(rest));
      }),
    );
  });

  it('is one line where there is room for one', () => {
    assert.equal(oneLine(`two\n  lines${ESC}[1m bold\u0000`), 'two lines bold');
  });
});
