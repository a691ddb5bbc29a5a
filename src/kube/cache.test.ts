import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import type { KubeObject } from '../api/kubernetes.ts';
import type { Access } from './access.ts';
import { Cache, type CacheOptions } from './cache.ts';
import { createClient } from './client.ts';
import { ApiError } from './errors.ts';
import type { ReflectorLimits } from './reflector.ts';
import { RUNS } from './resource.ts';
import { answer, event, FakeApi, type Fault, stateOf, status } from './testing/fake-api.ts';
import { Mirror } from './testing/mirror.ts';
import { until } from './testing/until.ts';

const LIMITS: Partial<ReflectorLimits> = { pageSize: 3, firstBackoffMs: 2, maxBackoffMs: 20, silenceMs: 250 };

describe('a cache', () => {
  let api: FakeApi;
  let stop: AbortController;
  let errors: unknown[];

  beforeEach(async () => {
    api = new FakeApi();
    stop = new AbortController();
    errors = [];
    await api.open();
  });

  afterEach(async () => {
    stop.abort();
    await api.close();
  });

  function newCache(options: Partial<CacheOptions<KubeObject>> = {}): Cache<KubeObject> {
    return new Cache<KubeObject>({
      client: createClient({ access: api.access }),
      type: RUNS,
      namespaces: [],
      indexes: { namespace: ({ metadata }) => [metadata.namespace ?? ''] },
      onError: (error) => errors.push(error),
      limits: LIMITS,
      ...options,
    });
  }

  /** The cache and what a handler makes of its changes come to be what the server holds. */
  async function converges(cache: Cache<KubeObject>, mirror: Mirror): Promise<void> {
    await until(
      () => `server ${api.state().join()}, cache ${stateOf(cache.all()).join()}`,
      () => api.state().join() === stateOf(cache.all()).join(),
    );
    assert.deepEqual(stateOf(mirror.objects()), api.state());
    for (const namespace of ['a', 'b']) {
      assert.deepEqual(
        stateOf(cache.byIndex('namespace', namespace)),
        api.state().filter((line) => line.startsWith(`${namespace} `)),
      );
    }
  }

  async function started(
    options: Partial<CacheOptions<KubeObject>> = {},
  ): Promise<[Cache<KubeObject>, Mirror]> {
    const cache = newCache(options);
    const mirror = new Mirror(cache);
    cache.start(stop.signal);
    await cache.whenSynced();
    await until('the watches', () => api.watching === Math.max(1, options.namespaces?.length ?? 0));
    return [cache, mirror];
  }

  const some = (count: number, namespace = 'a'): void => {
    for (let i = 0; i < count; i++) api.put(`o${i}`, namespace);
  };

  it('holds everything of a list in pages, and follows what happens after it', async () => {
    some(10);
    const [cache, mirror] = await started();
    assert.equal(api.requests.continue, 3);
    assert.equal(cache.size, 10);
    api.put('o3');
    api.remove('o4');
    api.put('new', 'b');
    await converges(cache, mirror);
    assert.equal(api.requests.list, 1);
    assert.ok(cache.ageMs() < 5000);
    assert.deepEqual(errors, []);
  });

  it('has not synced, and is infinitely old, before the list is complete', () => {
    const cache = newCache();
    assert.equal(cache.hasSynced(), false);
    assert.equal(cache.ageMs(), Number.POSITIVE_INFINITY);
  });

  it('keeps one watch a namespace, and knows nothing of the others', async () => {
    some(4, 'a');
    some(4, 'b');
    some(4, 'c');
    const [cache] = await started({ namespaces: ['a', 'b'] });
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
    const [cache, mirror] = await started({ strip });
    api.put('watched', 'a', { heavy: 'x' });
    await converges(cache, mirror);
    for (const object of cache.all()) assert.equal(object.metadata.labels, undefined);
  });

  it('goes on when a handler, an index or the strip function throws', async () => {
    some(2);
    const failing = (object: KubeObject): KubeObject => {
      if (object.metadata.name === 'odd') throw new Error('strip');
      return object;
    };
    const [cache] = await started({ strip: failing });
    const off = cache.onChange(() => {
      throw new Error('handler');
    });
    const seen: string[] = [];
    cache.onChange(({ after }) => seen.push(after?.metadata.name ?? ''));
    api.put('odd');
    api.put('even');
    await until('the change after it', () => seen.includes('even'));
    assert.deepEqual(seen, ['even']);
    assert.deepEqual(errors.map(String), ['Error: strip', 'Error: handler']);
    off();
    api.put('last');
    await until('the last change', () => seen.includes('last'));
    assert.equal(errors.length, 2);
  });

  it('tells of a delete and recreate that it did not see as a delete and an add', async () => {
    api.put('o');
    const [cache, mirror] = await started();
    const changes: string[] = [];
    cache.onChange(({ before, after }) => changes.push(`${before?.metadata.uid} > ${after?.metadata.uid}`));
    api.hold();
    api.remove('o');
    api.put('o');
    api.compact();
    api.endWatches();
    api.release();
    await converges(cache, mirror);
    assert.deepEqual(changes, ['uid-1 > undefined', 'undefined > uid-2']);
  });

  it('tells nothing of what a relist shows unchanged', async () => {
    some(7);
    const [cache, mirror] = await started();
    const changes: unknown[] = [];
    cache.onChange((change) => changes.push(change));
    api.hold();
    api.put('o1');
    api.compact();
    api.endWatches();
    api.release();
    await converges(cache, mirror);
    await until('a second list', () => api.requests.list === 2 && api.watching === 1);
    assert.equal(changes.length, 1);
  });

  describe('comes to the state of a server that', () => {
    const refuse =
      (code: number, reason: string): Fault =>
      (response) =>
        answer(response, code, status(code, reason));
    const twice = (fault: Fault): Fault[] => [fault, fault];
    const reset: Fault = (response) => void response.socket?.resetAndDestroy();
    const streaming =
      (text: string): Fault =>
      (response) => {
        response.writeHead(200);
        response.end(text);
      };

    /** Meets the faults with a cache that is up to date, while the server changes on. */
    async function survives(faults: readonly Fault[]): Promise<void> {
      some(8);
      const [cache, mirror] = await started();
      api.fail('watch', ...faults);
      api.hold();
      api.put('o1');
      api.remove('o2');
      api.endWatches();
      api.release();
      await until('every fault to be met', () => api.faultsLeft === 0);
      api.put('o5');
      await converges(cache, mirror);
      assert.ok(errors.length > 0);
    }

    it('answers a watch with 503', () => survives(twice(refuse(503, 'ServiceUnavailable'))));
    it('answers a watch with 500', () => survives(twice(refuse(500, 'InternalError'))));
    it('answers a watch with 410', () => survives(twice(refuse(410, 'Expired'))));
    it('answers a watch with 429', () => survives(twice(refuse(429, 'TooManyRequests'))));
    it('answers a watch with a page of a proxy', () => survives(twice(streaming('<html>busy</html>\n'))));
    it('resets the connection of a watch', () => survives(twice(reset)));
    it('sends an ERROR event', () => survives(twice(streaming(event('ERROR', status(410, 'Expired'))))));
    it('sends an ERROR event without a code', () => survives(twice(streaming(event('ERROR', {})))));
    it('sends an event without an object', () => survives(twice(streaming('{"type":"ADDED"}\n'))));
    it('sends null', () => survives(twice(streaming('null\n'))));
    it('ends a watch in the middle of an event', () => survives(twice(streaming('{"type":"ADDED","ob'))));

    it('ends each watch at once', async () => {
      some(3);
      const ends: Fault = streaming('');
      api.fail('watch', ends, ends, ends);
      const [cache, mirror] = await started();
      api.put('o1');
      await converges(cache, mirror);
      assert.equal(api.requests.list, 1);
    });

    it('answers a list with 503', async () => {
      some(5);
      api.fail('list', ...Array.from({ length: 6 }, () => refuse(503, 'ServiceUnavailable')));
      const [cache, mirror] = await started();
      await converges(cache, mirror);
      assert.equal(api.faultsLeft, 0);
    });

    it('answers the next page of a list with 410', async () => {
      some(8);
      const changeAndExpire: Fault = (response) => {
        api.remove('o0');
        api.put('later');
        refuse(410, 'Expired')(response, () => {});
      };
      api.fail('continue', changeAndExpire);
      const [cache, mirror] = await started();
      await converges(cache, mirror);
      assert.equal(api.requests.list, 2);
      assert.equal(cache.get({ namespace: 'a', name: 'o0' }), undefined);
    });

    it('tears a list', async () => {
      some(5);
      api.fail('list', (response: ServerResponse) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{"items":[');
        setImmediate(() => response.destroy());
      });
      const [cache, mirror] = await started();
      await converges(cache, mirror);
    });

    it('answers a list slowly, and changes meanwhile', async () => {
      some(8);
      let proceed = (): void => {};
      api.fail('continue', (_, right) => {
        proceed = right;
      });
      const cache = newCache();
      const mirror = new Mirror(cache);
      cache.start(stop.signal);
      await until('the first page', () => cache.size === 3);
      assert.equal(cache.hasSynced(), false);
      api.remove('o0');
      api.remove('o7');
      cache.observe(api.put('fresh'));
      const gone: (string | undefined)[] = [];
      cache.onChange(({ before, after }) => after ?? gone.push(before?.metadata.name));
      proceed();
      await converges(cache, mirror);
      assert.deepEqual(gone, ['o0', 'o7'], 'what was made after the list was never taken for gone');
      assert.equal(api.requests.list, 1);
    });

    it('falls silent with its connections open', async () => {
      some(4);
      const [cache, mirror] = await started();
      api.hold();
      api.put('o1');
      const before = api.requests.watch;
      await until('the watch to be given up', () => api.requests.watch > before);
      api.release();
      await converges(cache, mirror);
      assert.match(String(errors[0]), /silent/);
    });

    it('says little, but something, on a watch', async () => {
      some(4);
      const [cache, mirror] = await started();
      const end = performance.now() + 700;
      await until('longer than the longest silence', () => {
        api.bookmark();
        return performance.now() > end;
      });
      api.put('o1');
      await converges(cache, mirror);
      assert.equal(api.requests.watch, 1);
      assert.deepEqual(errors, []);
    });

    it('never answers a watch', async () => {
      some(4);
      api.fail('watch', () => {});
      const [cache, mirror] = await started();
      api.put('o1');
      await converges(cache, mirror);
      assert.equal(api.requests.watch, 2);
    });

    it('is closed and opened again', async () => {
      some(8);
      const [cache, mirror] = await started();
      const last = api.put('o3').metadata.resourceVersion;
      const at = (): string | undefined =>
        cache.get({ namespace: 'a', name: 'o3' })?.metadata.resourceVersion;
      await until('an event of the first watch', () => at() === last);
      await api.close();
      api.put('o1');
      api.remove('o2');
      await until('the outage to be seen', () => errors.length > 0);
      await api.open();
      await converges(cache, mirror);
      // What happened meanwhile is still in the server's history, so nothing was listed again.
      assert.equal(api.requests.list, 1);
    });

    it('takes another token from now on', async () => {
      some(3);
      api.token = 'old';
      let known = { ...(await api.access()), token: 'old' };
      const access: Access = async ({ fresh = false } = {}) => {
        if (fresh) known = { ...known, token: 'new' };
        return known;
      };
      const [cache, mirror] = await started({ client: createClient({ access }) });
      api.token = 'new';
      api.endWatches();
      api.put('o1');
      await converges(cache, mirror);
      assert.equal(known.token, 'new');
      assert.equal(api.requests.list, 1);
    });

    it('resets all connections', async () => {
      some(3);
      const [cache, mirror] = await started();
      api.cutConnections();
      api.put('o1');
      await converges(cache, mirror);
    });

    it('was restored from a backup, as a bookmark shows', async () => {
      some(3);
      const [cache, mirror] = await started();
      api.objects.delete('a/o0');
      api.rewind(50);
      api.put('o1');
      api.bookmark();
      await converges(cache, mirror);
    });

    it('was restored from a backup, and so has nothing to say on the watch', async () => {
      some(3);
      const [cache, mirror] = await started();
      api.objects.delete('a/o0');
      api.rewind(50);
      api.put('o2');
      await converges(cache, mirror);
      assert.equal(api.requests.list, 2);
    });
  });

  it('lists no more often than the growing pause allows where each watch is refused as expired', async () => {
    some(3);
    const expired: Fault = (response) => answer(response, 410, status(410, 'Expired'));
    api.fail('watch', ...Array.from({ length: 12 }, () => expired));
    const startedAt = performance.now();
    const [cache, mirror] = await started({ limits: { ...LIMITS, firstBackoffMs: 10, maxBackoffMs: 40 } });
    await until('every fault to be met', () => api.faultsLeft === 0 && api.watching === 1);
    // 10 + 20 + 40 × 10, at least 75% of it.
    assert.ok(performance.now() - startedAt >= 0.75 * 430);
    await converges(cache, mirror);
    assert.equal(errors.length, 1, 'the same trouble is told once');
    assert.ok(errors[0] instanceof ApiError);
  });

  it('is not held up by watches where connections for requests are few', async () => {
    const namespaces = Array.from({ length: 70 }, (_, i) => `n${i}`);
    for (const namespace of namespaces) api.put('o', namespace);
    const client = createClient({ access: api.access });
    const cache = newCache({ client, namespaces, limits: { ...LIMITS, silenceMs: 8000 } });
    cache.start(stop.signal);
    await until('seventy watches', () => api.watching === 70);
    assert.equal((await client.list(RUNS, {})).items.length, 70);
  });
});
