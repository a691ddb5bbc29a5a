import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Param } from '../api/pipeline.ts';
import { readParams } from './params.ts';

function read(params: Param[], ...flags: string[]): ReturnType<typeof readParams> {
  return readParams('webapp', params, { flags, file: {} });
}

function problemsOf(params: Param[], ...flags: string[]): string[] {
  const answer = read(params, ...flags);
  assert.ok('problems' in answer);
  return answer.problems;
}

function valueOf(type: NonNullable<Param['type']>, ...texts: string[]): unknown {
  const answer = read([{ name: 'x', type }], ...texts.map((text) => `x=${text}`));
  assert.ok('values' in answer, JSON.stringify(answer));
  return answer.values['x'];
}

describe('parameters on the command line', () => {
  it('are text to a string, whatever they look like', () => {
    fc.assert(fc.property(fc.string(), (text) => assert.equal(valueOf('string', text), text)));
  });

  it('are numbers to a number', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        assert.equal(valueOf('number', String(value)), Object.is(value, -0) ? 0 : value);
      }),
    );
  });

  it('are refused as numbers that only JavaScript takes for ones', () => {
    for (const text of ['', ' ', '1x', '0x10', 'Infinity', 'NaN', '1e999', '1_000']) {
      assert.match(
        problemsOf([{ name: 'x', type: 'number' }], `x=${text}`).join(),
        /'x' must be a number/,
        text,
      );
    }
  });

  it('are true or false to a boolean, and nothing else', () => {
    assert.deepEqual([valueOf('boolean', 'true'), valueOf('boolean', 'false')], [true, false]);
    for (const text of ['yes', '1', 'True', '']) {
      assert.equal(problemsOf([{ name: 'x', type: 'boolean' }], `x=${text}`).length, 1);
    }
  });

  it('are items to a list, or all of it as JSON', () => {
    assert.deepEqual(valueOf('array', 'a'), ['a']);
    assert.deepEqual(valueOf('array', 'a', '[b]'), ['a', '[b]']);
    assert.deepEqual(valueOf('array', '["a", 2]'), ['a', 2]);
    assert.deepEqual(valueOf('array', '[]'), []);
    assert.match(problemsOf([{ name: 'x', type: 'array' }], 'x=[a').join(), /no JSON list/);
  });

  it('are not given twice, but to a list', () => {
    assert.deepEqual(problemsOf([{ name: 'x' }], 'x=1', 'x=2'), [
      '-p x is given 2 times; it takes one value.',
    ]);
  });

  it('need a name and a value', () => {
    assert.match(problemsOf([], 'x').join(), /write it as -p NAME=VALUE/);
    assert.match(problemsOf([], '=x').join(), /write it as -p NAME=VALUE/);
  });

  it('are left to the defaults of the Pipeline where none is given', () => {
    assert.deepEqual(Object.keys('values' in read([{ name: 'x', default: 'y' }]) ? {} : { wrong: 1 }), []);
  });

  it('may have the name of a property that every object has', () => {
    assert.deepEqual(problemsOf([], '__proto__=x').length, 1);
    assert.equal(problemsOf([{ name: 'constructor' }]).length, 1);
  });

  it('of a file are checked by their types too', () => {
    const answer = readParams('webapp', [{ name: 'x' }], { flags: [], file: { x: 1.4 } });
    assert.deepEqual(answer, { problems: [`Parameter 'x' must be a string. Write "1.4" in quotes.`] });
  });
});
