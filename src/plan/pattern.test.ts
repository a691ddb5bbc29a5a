import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { matchesPattern, patternWeight } from './pattern.ts';

describe('a pattern', () => {
  it('finds what JavaScript finds, where both know the syntax', () => {
    const atom = fc.constantFrom(
      'a',
      'b',
      '.',
      '[ab]',
      '[^a]',
      '\\w',
      '\\b',
      '^',
      '$',
      '(?:)',
      '(a|b)',
      '(|a)',
    );
    const count = fc.constantFrom('', '*', '+', '?', '{2}', '{1,3}', '{0,2}', '*?');
    const pattern = fc
      .array(fc.tuple(atom, count), { minLength: 1, maxLength: 6 })
      .map((parts) => parts.map(([one, times]) => `(?:${one})${times}`).join(''));
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '-'), maxLength: 12 });
    fc.assert(
      fc.property(pattern, text, (given, subject) => {
        assert.equal(matchesPattern(subject, given), new RegExp(given).test(subject));
      }),
      { numRuns: 2000 },
    );
  });

  for (const pattern of [
    '(){200}{200}{200}{200}{200}',
    '(((((){200}){200}){200}){200}){200}',
    '(|){0,200}{0,200}{0,200}{0,200}',
    '(a{200}){200}',
  ]) {
    it(`is refused when it counts without end: ${pattern}`, () => {
      assert.throws(() => matchesPattern('a', pattern), /the pattern is too large/);
    });
  }

  it('weighs what its states look at', () => {
    assert.ok(patternWeight('(?i)[abcdef]{10}') > 3 * patternWeight('[abcdef]{10}'));
    assert.ok(patternWeight('a{100}') > 50);
  });
});
