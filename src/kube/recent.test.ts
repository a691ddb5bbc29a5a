import assert from 'node:assert/strict';
import { Recent } from './recent.ts';

describe('a map of what was used lately', () => {
  it('forgets what was used longest ago', () => {
    const recent = new Recent<string, number>(2);
    recent.set('a', 1);
    recent.set('b', 2);
    recent.get('a');
    recent.set('c', 3);
    assert.deepEqual([recent.get('a'), recent.get('b'), recent.get('c')], [1, undefined, 3]);
  });

  it('keeps no more weight than it may, but always the newest', () => {
    const recent = new Recent<string, number>(10, 100);
    recent.set('a', 1, 60);
    recent.set('b', 2, 60);
    assert.deepEqual([recent.get('a'), recent.get('b')], [undefined, 2]);
    recent.set('b', 3, 10);
    recent.set('c', 4, 90);
    assert.equal(recent.size, 2);
    recent.set('d', 5, 1000);
    assert.deepEqual([recent.size, recent.get('d')], [1, 5]);
    recent.delete('d');
    recent.set('e', 6, 100);
    assert.equal(recent.get('e'), 6);
  });
});
