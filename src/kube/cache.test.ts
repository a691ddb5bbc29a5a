import assert from 'node:assert/strict';
import type { KubeObject } from '../api/kubernetes.ts';
import { createClient } from './client.ts';
import { RUNS } from './resource.ts';
import { CachedApi, QUICK } from './testing/cached-api.ts';
import type { FakeApi } from './testing/fake-api.ts';
import { until } from './testing/until.ts';

describe('a cache', () => {
  let cached: CachedApi;
  let api: FakeApi;

  beforeEach(async () => {
    cached = new CachedApi();
    api = cached.api;
    await api.open();
  });

  afterEach(() => cached.close());

  it('holds everything of a list in pages, and follows what happens after it', async () => {
    cached.some(10);
    const [cache, mirror] = await cached.started();
    assert.equal(api.requests.continue, 3);
    assert.equal(cache.size, 10);
    api.put('o3');
    api.remove('o4');
    api.put('new', 'b');
    await cached.converges(cache, mirror);
    assert.equal(api.requests.list, 1);
    assert.ok(cache.ageMs() < 5000);
    assert.deepEqual(cached.errors, []);
  });

  it('has not synced, and is infinitely old, before the list is complete', () => {
    const cache = cached.newCache();
    assert.equal(cache.hasSynced(), false);
    assert.equal(cache.ageMs(), Number.POSITIVE_INFINITY);
  });

  it('keeps one watch a namespace, and knows nothing of the others', async () => {
    cached.some(4, 'a');
    cached.some(4, 'b');
    cached.some(4, 'c');
    const [cache] = await cached.started({ namespaces: ['a', 'b'] });
    assert.equal(cache.size, 8);
    api.put('more', 'b');
    api.put('more', 'c');
    await until('the change in b', () => cache.get({ namespace: 'b', name: 'more' }) !== undefined);
    assert.equal(cache.get({ namespace: 'c', name: 'more' }), undefined);
    cache.observe(api.put('other', 'c'));
    assert.equal(cache.get({ namespace: 'c', name: 'other' }), undefined);
    api.compact();
    api.endWatches();
    api.remove('o0', 'a');
    await until('the relist', () => cache.get({ namespace: 'a', name: 'o0' }) === undefined);
    assert.equal(cache.byIndex('namespace', 'b').length, 5);
  });

  it('keeps only what the strip function leaves, of listed and of watched objects', async () => {
    api.put('listed', 'a', { heavy: 'x' });
    const strip = (object: KubeObject): KubeObject => {
      const { labels: _, ...metadata } = object.metadata;
      return { metadata };
    };
    const [cache, mirror] = await cached.started({ strip });
    api.put('watched', 'a', { heavy: 'x' });
    await cached.converges(cache, mirror);
    for (const object of cache.all()) assert.equal(object.metadata.labels, undefined);
  });

  it('goes on when a handler, an index or the strip function throws', async () => {
    cached.some(2);
    const failing = (object: KubeObject): KubeObject => {
      if (object.metadata.name === 'odd') throw new Error('strip');
      return object;
    };
    const [cache] = await cached.started({ strip: failing });
    const off = cache.onChange(() => {
      throw new Error('handler');
    });
    const seen: string[] = [];
    cache.onChange(({ after }) => seen.push(after?.metadata.name ?? ''));
    api.put('odd');
    api.put('even');
    await until('the change after it', () => seen.includes('even'));
    assert.deepEqual(seen, ['even']);
    assert.deepEqual(cached.errors.map(String), ['Error: strip', 'Error: handler']);
    off();
    api.put('last');
    await until('the last change', () => seen.includes('last'));
    assert.equal(cached.errors.length, 2);
  });

  it('tells of a delete and recreate that it did not see as a delete and an add', async () => {
    api.put('o');
    const [cache, mirror] = await cached.started();
    const changes: string[] = [];
    cache.onChange(({ before, after }) => changes.push(`${before?.metadata.uid} > ${after?.metadata.uid}`));
    api.hold();
    api.remove('o');
    api.put('o');
    api.compact();
    api.endWatches();
    api.release();
    await cached.converges(cache, mirror);
    assert.deepEqual(changes, ['uid-1 > undefined', 'undefined > uid-2']);
  });

  it('tells nothing of what a relist shows unchanged', async () => {
    cached.some(7);
    const [cache, mirror] = await cached.started();
    const changes: unknown[] = [];
    cache.onChange((change) => changes.push(change));
    api.hold();
    api.put('o1');
    api.compact();
    api.endWatches();
    api.release();
    await cached.converges(cache, mirror);
    await until('a second list', () => api.requests.list === 2 && api.watching === 1);
    assert.equal(changes.length, 1);
  });

  it('is not held up by watches where connections for requests are few', async () => {
    const namespaces = Array.from({ length: 70 }, (_, i) => `n${i}`);
    for (const namespace of namespaces) api.put('o', namespace);
    const client = createClient({ access: api.access });
    cached.starting({ client, namespaces, limits: { ...QUICK, silenceMs: 8000 } });
    await until('seventy watches', () => api.watching === 70);
    assert.equal((await client.list(RUNS, {})).items.length, 70);
  });
});
