/** A cache of Runs beside a server of the test, with a handler that mirrors it. */
import assert from 'node:assert/strict';
import type { KubeObject } from '../../api/kubernetes.ts';
import { Cache, type CacheOptions } from '../cache.ts';
import { createClient } from '../client.ts';
import type { ReflectorLimits } from '../reflector.ts';
import { RUNS } from '../resource.ts';
import { FakeApi, stateOf } from './fake-api.ts';
import { Mirror } from './mirror.ts';
import { until } from './until.ts';

export const QUICK: Partial<ReflectorLimits> = {
  pageSize: 3,
  firstBackoffMs: 2,
  maxBackoffMs: 20,
  silenceMs: 250,
};

export class CachedApi {
  readonly api: FakeApi = new FakeApi();
  readonly errors: unknown[] = [];
  readonly #stop = new AbortController();

  newCache(options: Partial<CacheOptions<KubeObject>> = {}): Cache<KubeObject> {
    return new Cache<KubeObject>({
      client: createClient({ access: this.api.access }),
      type: RUNS,
      namespaces: [],
      indexes: { namespace: ({ metadata }) => [metadata.namespace ?? ''] },
      onError: (error) => this.errors.push(error),
      limits: QUICK,
      ...options,
    });
  }

  /** Before its list is there. */
  starting(options: Partial<CacheOptions<KubeObject>> = {}): [Cache<KubeObject>, Mirror] {
    const cache = this.newCache(options);
    const mirror = new Mirror(cache);
    cache.start(this.#stop.signal);
    return [cache, mirror];
  }

  /** Listed and watching. */
  async started(options: Partial<CacheOptions<KubeObject>> = {}): Promise<[Cache<KubeObject>, Mirror]> {
    const [cache, mirror] = this.starting(options);
    await cache.whenSynced();
    await until('the watches', () => this.api.watching === Math.max(1, options.namespaces?.length ?? 0));
    return [cache, mirror];
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.api.close();
  }

  some(count: number, namespace = 'a'): void {
    for (let i = 0; i < count; i++) this.api.put(`o${i}`, namespace);
  }

  /** The cache and what a handler makes of its changes come to be what the server holds. */
  async converges(cache: Cache<KubeObject>, mirror: Mirror): Promise<void> {
    const { api } = this;
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
}
