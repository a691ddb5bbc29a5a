/** A cache beside a real API server that is killed, stopped, and loses its etcd, while others go on writing. */
import assert from 'node:assert/strict';
import { Cache } from '../../src/kube/cache.ts';
import { stateOf } from '../../src/kube/testing/fake-api.ts';
import { Mirror } from '../../src/kube/testing/mirror.ts';
import { until } from '../../src/kube/testing/until.ts';
import {
  CONFIG_MAPS,
  type ConfigMap,
  connect,
  createNamespace,
  deleteNamespace,
  type Subject,
} from './subject.ts';

const WRITERS = 4;
const SILENCE_MS = 3000;

describe('a cache beside a real API server', function () {
  this.timeout(180_000);
  const namespace = `e2e-cache-${process.pid}`;
  let subject: Subject;
  let cache: Cache<ConfigMap>;
  let mirror: Mirror;
  let errors: unknown[];
  const stop = new AbortController();

  before(async () => {
    subject = await connect();
    await createNamespace(subject.client, namespace);
    errors = [];
    cache = new Cache<ConfigMap>({
      client: subject.client,
      type: CONFIG_MAPS,
      namespaces: [namespace],
      indexes: {},
      onError: (error) => errors.push(error),
      limits: { silenceMs: SILENCE_MS, maxBackoffMs: 1000, pageSize: 5 },
    });
    mirror = new Mirror(cache);
    cache.start(stop.signal);
    await cache.whenSynced();
  });

  after(async () => {
    stop.abort();
    await deleteNamespace(subject.client, namespace);
  });

  /** Writes at random, as well as it can, until told to stop; some of the answers are told to the cache. */
  async function write(name: string, on: { isOver: boolean }, onWrite: () => void): Promise<void> {
    const { client } = subject;
    for (let i = 0; !on.isOver; i++) {
      const key = { namespace, name: `${name}-${i % 7}` };
      const data = { i: String(i) };
      try {
        if (i % 3 === 0) await client.delete(CONFIG_MAPS, key);
        else {
          const answer =
            i % 3 === 1
              ? await client.create(CONFIG_MAPS, namespace, { metadata: key, data })
              : await client.patch(CONFIG_MAPS, key, { kind: 'merge', body: { data } });
          if (i % 2 === 0) cache.observe(answer);
        }
        onWrite();
      } catch {
        // Not found, exists, or no server at all: the next one.
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  }

  /** Breaks something while others write, and go on afterwards; cache and handlers come to be as the server. */
  async function survives(harm: () => Promise<void>): Promise<void> {
    const on = { isOver: false };
    const writes = Array.from({ length: WRITERS }, () => 0);
    const writers = writes.map((_, i) => write(`w${i}`, on, () => (writes[i] = (writes[i] ?? 0) + 1)));
    try {
      await harm();
      const before = [...writes];
      const goOn = (): boolean => writes.every((count, i) => count >= (before[i] ?? 0) + 10);
      await until('all writers to go on', goOn, 60_000);
    } finally {
      on.isOver = true;
    }
    await Promise.all(writers);
    let server: string[] = [];
    await until(
      () => `server ${server.join()}, cache ${stateOf(cache.all()).join()}`,
      async () => {
        server = stateOf((await subject.client.list(CONFIG_MAPS, { namespace })).items);
        return server.join() === stateOf(cache.all()).join();
      },
      60_000,
    );
    assert.ok(server.length > 0);
    assert.deepEqual(stateOf(mirror.objects()), server);
  }

  /** The cache hears of the server again. */
  async function heard(): Promise<void> {
    await until('the cache to hear of the server', () => cache.ageMs() < 1000, 60_000);
  }

  it('follows it while nothing breaks', () => survives(async () => {}));

  for (let round = 1; round <= 3; round++) {
    it(`survives kill -9 of the API server (${round})`, () =>
      survives(async () => {
        await heard();
        await subject.components.stopComponent('kube-apiserver');
        const told = errors.length;
        await until('the death to be noticed', () => errors.length > told);
        await subject.components.startComponent('kube-apiserver');
        await heard();
      }));
  }

  it('survives an API server that stops in order', () =>
    survives(async () => {
      await subject.components.stopComponent('kube-apiserver', { grace: 20_000 });
      await subject.components.startComponent('kube-apiserver');
      await heard();
    }));

  it('survives an API server that hangs with its connections open', () =>
    survives(async () => {
      await heard();
      const pid = subject.components.componentPid('kube-apiserver');
      assert.ok(pid !== undefined);
      process.kill(pid, 'SIGSTOP');
      try {
        await until('the silence to be noticed', () => cache.ageMs() > SILENCE_MS + 500, 30_000);
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      await heard();
    }));

  it('survives the death of etcd', () =>
    survives(async () => {
      await heard();
      await subject.components.stopComponent('etcd');
      await until('the silence to be noticed', () => cache.ageMs() > 1500, 30_000);
      await subject.components.startComponent('etcd');
      await heard();
    }));
});
