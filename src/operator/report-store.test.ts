import assert from 'node:assert/strict';
import { aReport } from '../testing/engine/builders.ts';
import { ReportStore } from './report-store.ts';

describe('the newest reports', () => {
  const at = (sequence: number) => aReport('build', undefined, { sequence });

  it('replace earlier ones, and come late or twice in vain', () => {
    const store = new ReportStore();
    assert.deepEqual(
      [1, 3, 3, 2, 4].map((sequence) => store.put('pod', at(sequence))),
      ['new', 'new', 'stale', 'stale', 'new'],
    );
    assert.equal(store.get('pod')?.sequence, 4);
  });

  it('are kept by pod until it is dropped', () => {
    const store = new ReportStore();
    store.put('a', at(5));
    assert.equal(store.put('b', at(1)), 'new');
    store.drop('a');
    assert.equal(store.get('a'), undefined);
    assert.equal(store.size, 1);
  });

  it('are bounded: the pod heard of longest ago goes first', () => {
    const store = new ReportStore(2);
    store.put('a', at(1));
    store.put('b', at(1));
    store.put('a', at(2));
    store.put('c', at(1));
    assert.deepEqual([store.get('a')?.sequence, store.get('b'), store.size], [2, undefined, 2]);
  });
});
