import assert from 'node:assert/strict';
import type { KubeObject } from '../api/kubernetes.ts';
import { Store } from './store.ts';

function anObject(name: string, ...owners: string[]): KubeObject {
  return { metadata: { name, finalizers: owners } };
}

describe('a store', () => {
  const newStore = (): Store<KubeObject> =>
    new Store({
      owner: ({ metadata }) => metadata.finalizers ?? [],
      name: ({ metadata }) => [metadata.name ?? ''],
    });

  it('finds objects by each of their values', () => {
    const store = newStore();
    const [a, b] = [anObject('a', 'x', 'y'), anObject('b', 'y')];
    store.set('a', a);
    store.set('b', b);
    assert.deepEqual(store.byIndex('owner', 'y'), [a, b]);
    assert.deepEqual(store.byIndex('owner', 'x'), [a]);
    assert.deepEqual(store.byIndex('owner', 'z'), []);
  });

  it('follows an object whose values change', () => {
    const store = newStore();
    store.set('a', anObject('a', 'x', 'y'));
    const later = anObject('a', 'y', 'z');
    store.set('a', later);
    assert.deepEqual(store.byIndex('owner', 'x'), []);
    assert.deepEqual(store.byIndex('owner', 'y'), [later]);
    assert.deepEqual(store.byIndex('owner', 'z'), [later]);
    store.delete('a');
    assert.deepEqual(store.byIndex('owner', 'y'), []);
    assert.equal(store.size, 0);
  });

  it('does not change an answer that somebody holds', () => {
    const store = newStore();
    store.set('a', anObject('a', 'x'));
    const before = store.byIndex('owner', 'x');
    store.set('b', anObject('b', 'x'));
    store.delete('a');
    assert.deepEqual(
      before.map(({ metadata }) => metadata.name),
      ['a'],
    );
  });

  it('names an object once even if a value comes twice', () => {
    const store = newStore();
    store.set('a', anObject('a', 'x', 'x'));
    assert.equal(store.byIndex('owner', 'x').length, 1);
    store.delete('a');
    assert.equal(store.byIndex('owner', 'x').length, 0);
  });

  it('stays as it was when an index function throws', () => {
    const store = new Store<KubeObject>({
      name: ({ metadata }) => [metadata.name ?? ''],
      fails: ({ metadata }) => {
        if (metadata.uid === 'odd') throw new Error('no');
        return [];
      },
    });
    const good: KubeObject = { metadata: { name: 'a' } };
    store.set('a', good);
    assert.throws(() => store.set('a', { metadata: { name: 'b', uid: 'odd' } }), /no/);
    assert.deepEqual(
      [store.get('a'), store.byIndex('name', 'a'), store.byIndex('name', 'b')],
      [good, [good], []],
    );
  });

  it('refuses an index that it does not have', () => {
    assert.throws(() => newStore().byIndex('nmae', 'a'), RangeError);
  });
});
