import assert from 'node:assert/strict';
import type { Json } from '../api/pipeline.ts';
import { compileExpression, fromCel, toCel } from './cel.ts';

const paths = Array.from({ length: 1000 }, (_, i) => `dir/file${i}`);
const values = { source: { changedPaths: paths }, params: toCel({ big: 'x'.repeat(1_000_000) }) };

function evaluate(text: string): Json | undefined {
  return fromCel(compileExpression(text).evaluate(values));
}

const chain = (loops: number, body: string): string => `[[1]]${`.map(a, ${body})`.repeat(loops)}`;
const many = (text: string, times: number, separator: string): string =>
  Array(times).fill(text).join(separator);

describe('an expression', () => {
  const cases: readonly [text: string, value: Json][] = [
    ["'a' + ('b' + 'c') + \"d\"", 'abcd'],
    ['(1 + 2) * 3 + (4)', 13],
    ["['di' + 'r/', 'b/'].exists(d, source.changedPaths[0].startsWith(d))", true],
    ["source.changedPaths.exists(p, ['dir/', 'b/'].exists(d, p.startsWith(d + 'file9')))", true],
    ["source.changedPaths.filter(p, p.endsWith('99')).map(p, p + '!').size()", 10],
    ['{"a": 1 + 1}.a + 2', 4],
    ['[1 + 1, 2 + 2][0] + 3', 5],
    ['[1, 2, 3].map(x, x > 1, x + 1)', [3, 4]],
    ['[[1, 2]].all(a, a.all(b, b + 1 > 0))', true],
  ];
  for (const [text, value] of cases) {
    it(`means the same with a budget: ${text}`, () => assert.deepEqual(evaluate(text), value));
  }

  const bombs: { [what: string]: string } = {
    'a list that grows from loop to loop': chain(2, many('a', 55, '+')).replace(
      '[[1]]',
      `[[${many('1', 499, ',')}]]`,
    ),
    'too many loops that make lists': chain(3, '[a, a]'),
    'loops within loops over long lists':
      "source.changedPaths.exists(p, source.changedPaths.exists(q, p == q + 'x'))",
    'sums of long lists in a loop': 'source.changedPaths.map(p, source.changedPaths + source.changedPaths)',
    'long texts in a loop': 'source.changedPaths.map(p, params.big).join()',
    'a long sum of long texts': many('params.big', 50, '+'),
  };
  for (const [what, text] of Object.entries(bombs)) {
    it(`is ended for ${what}`, () => {
      assert.throws(() => evaluate(text), /takes too long|map is used too often/);
    });
  }

  it('has no answer where one list stands in it without end', () => {
    assert.equal(evaluate(chain(2, `[${many('a', 400, ',')}]`)), undefined);
  });
});
