import assert from 'node:assert/strict';
import type { Json } from '../api/pipeline.ts';
import { compileExpression, fromCel, toCel } from './cel.ts';
import { spentInTotal, withBudget } from './cel-budget.ts';

const paths = Array.from({ length: 1000 }, (_, i) => `dir/file${i}`);
const values = {
  source: { changedPaths: paths },
  params: toCel({
    big: 'x'.repeat(1_000_000),
    text: 'a'.repeat(16_384),
    digits: '1'.repeat(32_000),
    long: Array(500_000).fill(1),
  }),
};

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
    ['has(source.changedPaths) && !has(source.nothing)', true],
    ["duration('1h30m') > duration('1s') && timestamp(1790000000).getHours('Asia/Tokyo') == 23", true],
    ["'a-b'.matches('^[a-z](-b)?$') && type('a') == string && 'b' in ['a', 'b']", true],
    ["params.digits.size() == 32000 && size('ab') == 2 && [1, 2].size() == 2", true],
    ["{'a': [1]} == {'a': [1]} && -1 < 1 && !('x' in {'a': 1})", true],
    ["(source.changedPaths[0] == 'x' ? 'p' : 'q' + (true ? 'r' : 's')).upperAscii()", 'QR'],
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
    'long texts joined many times': `[${many('params.big', 300, ',')}].join()`,
    'a long text searched in a loop': "source.changedPaths.exists(p, params.big.contains('xy'))",
    'a long text counted in a loop': 'source.changedPaths.exists(p, params.big.size() == 1)',
    'a long list searched in a loop': 'source.changedPaths.exists(p, 2 in params.long)',
    'long lists compared in a loop': 'source.changedPaths.exists(p, params.long == params.long + [1])',
    'errors that a loop swallows':
      "source.changedPaths.exists(p, source.changedPaths.map(q, source.changedPaths).size() > 3 || params.big.contains('xy'))",
    'a pattern with many states': "params.text.matches('(a?){200}(a?){200}b')",
    'a pattern with many ranges': "params.text.matches('(?i)([а-бв-гд-еж-з]|a){150}b')",
    'time zones in a loop': "source.changedPaths.exists(p, timestamp(1).getHours('Asia/Tokyo') == 1)",
    'a long sum of long texts': many('params.big', 50, '+'),
  };
  for (const [what, text] of Object.entries(bombs)) {
    it(`is ended for ${what}`, () => {
      assert.throws(() => evaluate(text), /takes too long|map is used too often/);
    });
  }

  it('refuses a duration that the library would search for hours', () => {
    assert.throws(() => evaluate("duration(params.digits) == duration('1s')"), /at most 40 characters/);
  });

  it('shares a budget with those that are evaluated with it', () => {
    const before = spentInTotal();
    const half = (): unknown => evaluate("params.digits.contains('2')");
    assert.throws(() => withBudget(() => Array.from({ length: 1000 }, half)), /takes too long/);
    const spent = spentInTotal() - before;
    assert.ok(spent > 0 && spent <= 2_000_000, String(spent));
    assert.equal(evaluate('1 + 1'), 2, 'the next has a budget of its own');
  });

  it('has no answer where one list stands in it without end', () => {
    assert.equal(evaluate(chain(2, `[${many('a', 400, ',')}]`)), undefined);
  });
});
