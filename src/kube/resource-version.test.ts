import assert from 'node:assert/strict';
import { compareVersions, isNewer, isOlder } from './resource-version.ts';

describe('resourceVersions', () => {
  it('are ordered as numbers, beyond what a double holds', () => {
    assert.ok(isNewer('10', '9'));
    assert.ok(isOlder('9', '10'));
    assert.ok(isNewer('9007199254740993', '9007199254740992'));
    assert.equal(compareVersions('7', '7'), 0);
  });

  it('have no order where one is absent or opaque', () => {
    for (const other of [undefined, '', '0', '012', 'abc', '-1', '1.5']) {
      assert.equal(compareVersions('5', other), undefined);
      assert.equal(isNewer('5', other) || isOlder('5', other), false);
    }
  });
});
