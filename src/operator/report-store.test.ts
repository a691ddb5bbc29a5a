import assert from 'node:assert/strict';
import { aReport } from '../testing/engine/builders.ts';
import { ReportStore } from './report-store.ts';

describe('the newest reports', () => {
  const at = (sequence: number) => aReport('build', undefined, { sequence });

  it('replace earlier ones, and come late or twice in vain', () => {
    const store = new ReportStore();
    assert.deepEqual(
      [1, 3, 3, 2, 4].map((sequence) => store.put('run', 'pod', at(sequence))),
      ['new', 'new', 'stale', 'stale', 'new'],
    );
    assert.equal(store.of('run').get('pod')?.sequence, 4);
  });

  it('are kept by Run until it is dropped', () => {
    const store = new ReportStore();
    store.put('a', 'a1', at(5));
    store.put('a', 'a2', at(5));
    assert.equal(store.put('b', 'b1', at(1)), 'new');
    store.drop('a');
    store.drop('never seen');
    assert.deepEqual([store.of('a').size, store.of('b').size, store.size], [0, 1, 1]);
  });

  it('are bounded: those of the Run heard of longest ago go first', () => {
    const store = new ReportStore(3);
    store.put('a', 'a1', at(1));
    store.put('b', 'b1', at(1));
    store.put('b', 'b2', at(1));
    store.put('a', 'a1', at(2));
    store.put('c', 'c1', at(1));
    assert.deepEqual([store.of('a').size, store.of('b').size, store.of('c').size, store.size], [1, 0, 1, 2]);
  });

  it('of a Run that has more than fit stay whole', () => {
    const store = new ReportStore(1);
    store.put('a', 'a1', at(1));
    store.put('a', 'a2', at(1));
    assert.equal(store.of('a').size, 2);
  });
});
