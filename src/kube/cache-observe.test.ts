import assert from 'node:assert/strict';
import type { KubeObject } from '../api/kubernetes.ts';
import { Cache, type Change } from './cache.ts';
import { createClient } from './client.ts';
import { RUNS } from './resource.ts';
import { FakeApi } from './testing/fake-api.ts';
import { until } from './testing/until.ts';

describe('a cache that is told the answers to our own requests', () => {
  const key = { namespace: 'a', name: 'o' };
  let api: FakeApi;
  let stop: AbortController;
  let cache: Cache<KubeObject>;
  let changes: Change<KubeObject>[];

  beforeEach(async () => {
    api = new FakeApi();
    stop = new AbortController();
    changes = [];
    await api.open();
    cache = new Cache<KubeObject>({
      client: createClient({ access: api.access }),
      type: RUNS,
      namespaces: [],
      labelSelector: 'app=otto',
      indexes: {},
      onError: () => {},
      limits: { firstBackoffMs: 2 },
    });
    cache.onChange((change) => changes.push(change));
    cache.start(stop.signal);
    await cache.whenSynced();
    await until('the watch', () => api.watching === 1);
  });

  afterEach(async () => {
    stop.abort();
    await api.close();
  });

  const put = (name = 'o'): KubeObject => api.put(name, 'a', { app: 'otto' });
  const versionOf = (): string | undefined => cache.get(key)?.metadata.resourceVersion;
  /** Everything that the server sent so far is known. */
  async function caughtUp(): Promise<void> {
    const last = put('last').metadata.resourceVersion;
    const at = (): string | undefined =>
      cache.get({ namespace: 'a', name: 'last' })?.metadata.resourceVersion;
    await until('the last event', () => at() === last);
  }

  it('shows them at once, and once', async () => {
    api.hold();
    const made = put();
    cache.observe(made);
    assert.equal(versionOf(), made.metadata.resourceVersion);
    api.release();
    await caughtUp();
    const ofIt = changes.filter(({ after }) => after?.metadata.name === 'o');
    assert.deepEqual(
      ofIt.map(({ before, observed }) => [before, observed]),
      [[undefined, true]],
    );
  });

  it('does not go back to an older state when its event comes later', async () => {
    api.hold();
    put();
    const newest = put();
    cache.observe(newest);
    const seen: (string | undefined)[] = [];
    cache.onChange(() => seen.push(versionOf()));
    api.release();
    await caughtUp();
    assert.deepEqual(new Set(seen), new Set([newest.metadata.resourceVersion]));
  });

  it('keeps the later of two answers that come in the other order', () => {
    api.hold();
    const first = put();
    const second = put();
    cache.observe(second);
    cache.observe(first);
    assert.equal(versionOf(), second.metadata.resourceVersion);
  });

  it('does not take an answer that is older than what it knows', async () => {
    const old = put();
    const newest = put();
    await until('the newest', () => versionOf() === newest.metadata.resourceVersion);
    cache.observe(old);
    assert.equal(versionOf(), newest.metadata.resourceVersion);
  });

  it('does not bring back what was deleted', async () => {
    const made = put();
    api.remove('o');
    await caughtUp();
    cache.observe(made);
    assert.equal(cache.get(key), undefined);
  });

  it('does not bring back what a list no longer showed', async () => {
    api.hold();
    const made = put();
    api.remove('o');
    put('other');
    api.compact();
    api.endWatches();
    api.release();
    await until('the relist', () => cache.get({ namespace: 'a', name: 'other' }) !== undefined);
    cache.observe(made);
    assert.equal(cache.get(key), undefined);
  });

  it('loses what it was told when the server says that it is gone', async () => {
    api.hold();
    cache.observe(put());
    api.remove('o');
    api.release();
    await until('its end', () => cache.get(key) === undefined);
  });

  it('keeps a successor when the end of the one before is heard later', async () => {
    put();
    await caughtUp();
    api.hold();
    api.remove('o');
    const successor = put();
    cache.observe(successor);
    assert.equal(cache.get(key)?.metadata.uid, successor.metadata.uid);
    const ends = (): number => changes.filter(({ after }) => after === undefined).length;
    assert.equal(ends(), 1);
    api.release();
    await caughtUp();
    assert.equal(cache.get(key)?.metadata.uid, successor.metadata.uid);
    assert.equal(ends(), 1);
  });

  it('does not take what its watch would never tell of', async () => {
    cache.observe(api.put('foreign', 'a', { app: 'other' }));
    assert.equal(cache.get({ namespace: 'a', name: 'foreign' }), undefined);
  });

  it('leaves what has an opaque version to the watch', async () => {
    const made = put();
    await caughtUp();
    cache.observe({ metadata: { ...made.metadata, resourceVersion: 'zz' } });
    assert.equal(versionOf(), made.metadata.resourceVersion);
    cache.observe({ metadata: { ...made.metadata, name: 'unknown', resourceVersion: 'zz' } });
    assert.equal(cache.get({ namespace: 'a', name: 'unknown' }), undefined);
  });
});
