import assert from 'node:assert/strict';
import { assert as check, integer, property, stringMatching, tuple } from 'fast-check';
import { isDnsLabel } from '../plan/names.ts';
import { podName } from './pod-name.ts';

/** Few characters, many dashes: what collides if anything does. */
const label = stringMatching(/^[ab1](?:[ab1-]{0,6}[ab1])?$/).filter((name) => isDnsLabel(name));

describe('the name of a pod', () => {
  it('is plain where it is clear', () => {
    assert.equal(podName('webapp-x7k2p', 'build', 1), 'webapp-x7k2p-build-1');
  });

  it('tells apart what would read the same', () => {
    assert.notEqual(podName('a-b', 'c', 1), podName('a', 'b-c', 1));
    assert.notEqual(podName('a', 'b-1', 2), podName('a-b', '1', 2));
  });

  it('is a DNS label, and no two attempts share one', () => {
    const attempt = tuple(label, label, integer({ min: 1, max: 21 }));
    check(
      property(attempt, attempt, (one, other) => {
        assert.ok(isDnsLabel(podName(...one)));
        if (JSON.stringify(one) !== JSON.stringify(other)) {
          assert.notEqual(podName(...one), podName(...other));
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('stays a DNS label when all is long, and keeps attempts apart', () => {
    const run = `${'r'.repeat(30)}.${'x'.repeat(32)}`;
    const names = new Set(
      Array.from({ length: 21 }, (_, i) => podName(run, `${'s'.repeat(62)}-`.slice(0, 62), i + 1)),
    );
    assert.equal(names.size, 21);
    for (const name of names) assert.ok(isDnsLabel(name), name);
  });
});
