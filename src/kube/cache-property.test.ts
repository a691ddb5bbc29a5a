import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { KubeObject } from '../api/kubernetes.ts';
import { Cache } from './cache.ts';
import { createClient } from './client.ts';
import { RUNS } from './resource.ts';
import { answer, event, FakeApi, stateOf, status } from './testing/fake-api.ts';
import { Mirror } from './testing/mirror.ts';
import { until } from './testing/until.ts';

const name = fc.constantFrom('p', 'q', 'r', 's', 't');
const namespace = fc.constantFrom('a', 'b');
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('put' as const), name, namespace, told: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), name, namespace }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'hold' as const,
        'release' as const,
        'end' as const,
        'tear' as const,
        'cut' as const,
        'compact' as const,
        'bookmark' as const,
        'garbage' as const,
        'error event' as const,
        'fail list' as const,
        'fail page' as const,
        'fail watch' as const,
        'late answer' as const,
        'breathe' as const,
      ),
    }),
  },
);

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Answers that a request of ours got and that have not been told yet. */
type Late = KubeObject[];

async function play(api: FakeApi, cache: Cache<KubeObject>, late: Late, it: Step): Promise<void> {
  switch (it.do) {
    case 'put': {
      const object = api.put(it.name, it.namespace);
      if (it.told) cache.observe(object);
      else late.push(object);
      return;
    }
    case 'remove':
      return api.remove(it.name, it.namespace);
    case 'late answer': {
      const object = late.shift();
      if (object !== undefined) cache.observe(object);
      return;
    }
    case 'hold':
      return api.hold();
    case 'release':
      return api.release();
    case 'end':
      return api.endWatches();
    case 'tear':
      return api.endWatches(true);
    case 'cut':
      return api.cutConnections();
    case 'compact':
      return api.compact();
    case 'bookmark':
      // It says that everything up to it was sent.
      api.release();
      return api.bookmark();
    case 'garbage':
      return api.send('{"type":"ADDED","object":{\n');
    case 'error event':
      return api.send(event('ERROR', status(410, 'Expired')));
    case 'fail list':
      return api.fail('list', (response) => answer(response, 500, status(500, 'InternalError')));
    case 'fail page':
      return api.fail('continue', (response) => answer(response, 410, status(410, 'Expired')));
    case 'fail watch':
      return api.fail('watch', (response) => answer(response, 410, status(410, 'Expired')));
    case 'breathe':
      await new Promise((resolve) => setTimeout(resolve, 3));
  }
}

describe('a cache, whatever the server does and in whatever order', () => {
  it('ends as the server, and so does what its handlers made of the changes', async function () {
    this.timeout(120_000);
    const size = Number(process.env['OTTO_CACHE_RUNS'] ?? '60');
    const namespaces = fc.constantFrom<string[]>([], ['a', 'b']);
    await fc.assert(
      fc.asyncProperty(namespaces, fc.array(step, { maxLength: 60 }), async (scopes, steps) => {
        const api = new FakeApi();
        await api.open();
        const stop = new AbortController();
        const cache = new Cache<KubeObject>({
          client: createClient({ access: api.access }),
          type: RUNS,
          namespaces: scopes,
          indexes: { name: ({ metadata }) => [metadata.name ?? ''] },
          onError: () => {},
          limits: { pageSize: 2, firstBackoffMs: 1, maxBackoffMs: 4, silenceMs: 300 },
        });
        const mirror = new Mirror(cache);
        cache.start(stop.signal);
        try {
          const late: Late = [];
          for (const each of steps) await play(api, cache, late, each);
          api.release();
          const equal = (): Promise<void> =>
            until(
              () => `server ${api.state().join()}, cache ${stateOf(cache.all()).join()}`,
              () => cache.hasSynced() && api.state().join() === stateOf(cache.all()).join(),
            );
          await equal();
          for (const object of late) cache.observe(object);
          await equal();
          assert.deepEqual(stateOf(mirror.objects()), api.state());
          for (const each of ['p', 'q', 'r', 's', 't']) {
            const indexed = stateOf(cache.byIndex('name', each));
            assert.deepEqual(
              indexed,
              api.state().filter((line) => line.split(' ')[1] === each),
            );
          }
        } finally {
          stop.abort();
          await api.close();
        }
      }),
      { numRuns: size },
    );
  });
});
