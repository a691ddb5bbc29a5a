import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import type { Access } from './access.ts';
import { type ApiClient, createClient } from './client.ts';
import { ApiError } from './errors.ts';
import { CachedApi, QUICK } from './testing/cached-api.ts';
import { answer, event, type FakeApi, type Fault, status } from './testing/fake-api.ts';
import { until } from './testing/until.ts';

describe('a cache comes to the state of a server that', () => {
  let cached: CachedApi;
  let api: FakeApi;

  beforeEach(async () => {
    cached = new CachedApi();
    api = cached.api;
    await api.open();
  });

  afterEach(() => cached.close());

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
    cached.some(8);
    const [cache, mirror] = await cached.started();
    api.fail('watch', ...faults);
    api.hold();
    api.put('o1');
    api.remove('o2');
    api.endWatches();
    api.release();
    await until('every fault to be met', () => api.faultsLeft === 0);
    api.put('o5');
    await cached.converges(cache, mirror);
    assert.ok(cached.errors.length > 0);
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
    cached.some(3);
    const ends: Fault = streaming('');
    api.fail('watch', ends, ends, ends);
    const [cache, mirror] = await cached.started();
    api.put('o1');
    await cached.converges(cache, mirror);
    assert.equal(api.requests.list, 1);
  });

  it('has objects so large that a page of them is more than is read', async () => {
    cached.some(7);
    const whole = createClient({ access: api.access });
    const asked: (number | undefined)[] = [];
    const client: Pick<ApiClient, 'list' | 'watch'> = {
      watch: (type, options) => whole.watch(type, options),
      list: async (type, options) => {
        asked.push(options.limit);
        if ((options.limit ?? 0) > 1) throw new ApiError(0, 'TooLarge', 'answer over so many bytes');
        return await whole.list(type, options);
      },
    };
    const [cache, mirror] = await cached.started({ client });
    await cached.converges(cache, mirror);
    assert.deepEqual(asked.slice(0, 3), [3, 2, 1]);
  });

  it('answers a list with 503', async () => {
    cached.some(5);
    api.fail('list', ...Array.from({ length: 6 }, () => refuse(503, 'ServiceUnavailable')));
    const [cache, mirror] = await cached.started();
    await cached.converges(cache, mirror);
    assert.equal(api.faultsLeft, 0);
  });

  it('answers the next page of a list with 410', async () => {
    cached.some(8);
    const changeAndExpire: Fault = (response) => {
      api.remove('o0');
      api.put('later');
      refuse(410, 'Expired')(response, () => {});
    };
    api.fail('continue', changeAndExpire);
    const [cache, mirror] = await cached.started();
    await cached.converges(cache, mirror);
    assert.equal(api.requests.list, 2);
    assert.equal(cache.get({ namespace: 'a', name: 'o0' }), undefined);
  });

  it('tears a list', async () => {
    cached.some(5);
    api.fail('list', (response: ServerResponse) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"items":[');
      setImmediate(() => response.destroy());
    });
    const [cache, mirror] = await cached.started();
    await cached.converges(cache, mirror);
  });

  it('answers a list slowly, and changes meanwhile', async () => {
    cached.some(8);
    let proceed = (): void => {};
    api.fail('continue', (_, right) => {
      proceed = right;
    });
    const [cache, mirror] = cached.starting();
    await until('the first page, and the wish for the next', () => cache.size === 3 && api.faultsLeft === 0);
    assert.equal(cache.hasSynced(), false);
    api.remove('o0');
    api.remove('o7');
    cache.observe(api.put('fresh'));
    const gone: (string | undefined)[] = [];
    cache.onChange(({ before, after }) => after ?? gone.push(before?.metadata.name));
    proceed();
    await cached.converges(cache, mirror);
    assert.deepEqual(gone, ['o0', 'o7'], 'what was made after the list was never taken for gone');
    assert.equal(api.requests.list, 1);
  });

  it('falls silent with its connections open', async () => {
    cached.some(4);
    const [cache, mirror] = await cached.started();
    api.hold();
    api.put('o1');
    const before = api.requests.watch;
    await until('the watch to be given up', () => api.requests.watch > before);
    api.release();
    await cached.converges(cache, mirror);
    assert.match(String(cached.errors[0]), /silent/);
  });

  it('says little, but something, on a watch', async () => {
    cached.some(4);
    const [cache, mirror] = await cached.started();
    const end = performance.now() + 700;
    await until('longer than the longest silence', () => {
      api.bookmark();
      return performance.now() > end;
    });
    api.put('o1');
    await cached.converges(cache, mirror);
    assert.equal(api.requests.watch, 1);
    assert.deepEqual(cached.errors, []);
  });

  it('never answers a watch', async () => {
    cached.some(4);
    api.fail('watch', () => {});
    const [cache, mirror] = await cached.started();
    api.put('o1');
    await cached.converges(cache, mirror);
    assert.equal(api.requests.watch, 2);
  });

  it('is closed and opened again', async () => {
    cached.some(8);
    const [cache, mirror] = await cached.started();
    const last = api.put('o3').metadata.resourceVersion;
    const at = (): string | undefined => cache.get({ namespace: 'a', name: 'o3' })?.metadata.resourceVersion;
    await until('an event of the first watch', () => at() === last);
    await api.close();
    api.put('o1');
    api.remove('o2');
    await until('the outage to be seen', () => cached.errors.length > 0);
    await api.open();
    await cached.converges(cache, mirror);
    // What happened meanwhile is still in the server's history, so nothing was listed again.
    assert.equal(api.requests.list, 1);
  });

  it('takes another token from now on', async () => {
    cached.some(3);
    api.token = 'old';
    let known = { ...(await api.access()), token: 'old' };
    const access: Access = async ({ fresh = false } = {}) => {
      if (fresh) known = { ...known, token: 'new' };
      return known;
    };
    const [cache, mirror] = await cached.started({ client: createClient({ access }) });
    api.token = 'new';
    api.endWatches();
    api.put('o1');
    await cached.converges(cache, mirror);
    assert.equal(known.token, 'new');
    assert.equal(api.requests.list, 1);
  });

  it('resets all connections', async () => {
    cached.some(3);
    const [cache, mirror] = await cached.started();
    api.cutConnections();
    api.put('o1');
    await cached.converges(cache, mirror);
  });

  it('was restored from a backup, as a bookmark shows', async () => {
    cached.some(3);
    const [cache, mirror] = await cached.started();
    api.objects.delete('a/o0');
    api.rewind(50);
    api.put('o1');
    api.bookmark();
    await cached.converges(cache, mirror);
  });

  it('was restored from a backup, and so has nothing to say on the watch', async () => {
    cached.some(3);
    const [cache, mirror] = await cached.started();
    api.objects.delete('a/o0');
    api.rewind(50);
    api.put('o2');
    await cached.converges(cache, mirror);
    assert.equal(api.requests.list, 2);
  });

  it('refuses each watch as expired, without listing more often than the growing pause allows', async () => {
    cached.some(3);
    const expired: Fault = (response) => answer(response, 410, status(410, 'Expired'));
    api.fail('watch', ...Array.from({ length: 12 }, () => expired));
    const startedAt = performance.now();
    const [cache, mirror] = await cached.started({
      limits: { ...QUICK, firstBackoffMs: 10, maxBackoffMs: 40 },
    });
    await until('every fault to be met', () => api.faultsLeft === 0 && api.watching === 1);
    // 10 + 20 + 40 × 10, at least 75% of it.
    assert.ok(performance.now() - startedAt >= 0.75 * 430);
    await cached.converges(cache, mirror);
    assert.equal(cached.errors.length, 1, 'the same trouble is told once');
    assert.ok(cached.errors[0] instanceof ApiError);
  });
});
