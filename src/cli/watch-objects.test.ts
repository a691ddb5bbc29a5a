import assert from 'node:assert/strict';
import type { Run } from '../api/run.ts';
import { createClient } from '../kube/client.ts';
import { type Clock, systemClock } from '../kube/clock.ts';
import { ApiError } from '../kube/errors.ts';
import { RUNS } from '../kube/resource.ts';
import { until } from '../kube/testing/until.ts';
import { FakeCluster, NAMESPACE } from './testing/fake-cluster.ts';
import { type Change, watchObjects } from './watch-objects.ts';

/** Waits are a fiftieth of what they are. */
const quick: Clock = { ...systemClock, after: (ms, fn) => systemClock.after(ms / 50, fn) };

describe('watching a Run', () => {
  let cluster: FakeCluster;
  let stop: AbortController;

  beforeEach(async () => {
    cluster = new FakeCluster();
    stop = new AbortController();
    await cluster.open();
    cluster.run('r');
  });

  afterEach(async () => {
    stop.abort();
    await cluster.close();
  });

  class Watch {
    readonly seen: string[] = [];
    error: unknown;
    isOver = false;

    constructor(patienceMs?: number) {
      void this.#read(patienceMs).finally(() => {
        this.isOver = true;
      });
    }

    async #read(patienceMs: number = 60_000): Promise<void> {
      const client = createClient({ access: async () => ({ server: cluster.url, tls: {} }), clock: quick });
      const selection = { namespace: NAMESPACE, fieldSelector: 'metadata.name=r' };
      const limits = { signal: stop.signal, clock: quick, patienceMs };
      try {
        for await (const change of watchObjects(client, RUNS, selection, limits))
          this.seen.push(told(change));
      } catch (error) {
        this.error = error;
      }
    }
  }

  function told(change: Change<Run>): string {
    if (change.type === 'lost') return 'lost';
    const run = change.type === 'all' ? change.objects[0] : change.object;
    return `${change.type} ${run?.status?.progress ?? ''}`.trim();
  }

  async function sees(watch: Watch, what: string): Promise<void> {
    await until(
      () => `${what}: ${watch.seen.join()}`,
      () => watch.seen.at(-1) === what,
    );
  }

  const watching = (): Promise<void> => until('a watch', () => cluster.watching === 1);

  it('tells of what is there, then of each change, then of the end', async () => {
    const watch = new Watch();
    await watching();
    cluster.report('r', { progress: '1/2' });
    cluster.run('another');
    cluster.remove('r');
    await sees(watch, 'deleted 1/2');
    assert.deepEqual(watch.seen, ['all', 'changed 1/2', 'deleted 1/2']);
  });

  it('misses nothing that happened while the connection was away', async () => {
    const watch = new Watch();
    await watching();
    cluster.cutWatches();
    cluster.report('r', { progress: '1/2' });
    cluster.report('r', { progress: '2/2' });
    await sees(watch, 'changed 2/2');
    assert.deepEqual(watch.seen, ['all', 'lost', 'changed 1/2', 'changed 2/2']);
  });

  it('reads all again when the history is gone', async () => {
    const watch = new Watch();
    await watching();
    cluster.cutWatches();
    cluster.report('r', { progress: '2/2' });
    cluster.compact();
    await sees(watch, 'all 2/2');
  });

  it('says once that the server is away, however long it is', async () => {
    const watch = new Watch();
    await watching();
    let refused = 0;
    cluster.refuse = () => {
      refused += 1;
      return { code: 500, reason: 'InternalError', message: 'etcd is away' };
    };
    cluster.cutWatches();
    await until('several tries', () => refused > 3);
    cluster.refuse = () => undefined;
    cluster.report('r', { progress: '1/2' });
    await sees(watch, 'changed 1/2');
    assert.deepEqual(watch.seen, ['all', 'lost', 'changed 1/2']);
  });

  it('gives up when the server stays away for longer than its patience', async () => {
    const watch = new Watch(0);
    await watching();
    await cluster.close();
    await until('the end', () => watch.isOver);
    assert.ok(watch.error instanceof ApiError);
  });

  it('does not try again what is refused for good', async () => {
    const watch = new Watch();
    await watching();
    cluster.refuse = () => ({ code: 403, reason: 'Forbidden', message: 'no' });
    cluster.cutWatches();
    await until('the end', () => watch.isOver);
    assert.ok(watch.error instanceof ApiError && watch.error.code === 403, String(watch.error));
  });

  it('ends when it is told to', async () => {
    const watch = new Watch();
    await watching();
    stop.abort();
    await until('the end', () => watch.isOver);
    assert.equal(watch.error, undefined);
  });
});
