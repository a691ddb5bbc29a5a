// Many Runs at once, from their creation to the end of the last.
import type { Pipeline } from '../../src/api/pipeline.ts';
import type { Run } from '../../src/api/run.ts';
import type { ApiClient } from '../../src/kube/client.ts';
import { PIPELINES, RUNS } from '../../src/kube/resource.ts';
import { eventually } from './wait.ts';

export interface RunsWanted {
  readonly namespace: string;
  readonly runs: number;
  readonly stages: number;
}

export interface Driven {
  /** From the first creation until the watch told of the last end. */
  readonly seconds: number;
  /** Of a finished Run as JSON, on average. */
  readonly bytes: { readonly plain: number; readonly withManagedFields: number };
}

const CREATES_AT_ONCE = 16;
const PIPELINE = 'three';
/** Twice what peers need. */
const LIMIT_MS = 20_000;
const LIMIT_MS_A_RUN = 3000;

export async function driveRuns(client: ApiClient, wanted: RunsWanted): Promise<Driven> {
  const { namespace, runs } = wanted;
  await client.request('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  await client.create(PIPELINES, namespace, pipeline(wanted.stages));
  await eventually('the Pipeline is ready', LIMIT_MS, async () => {
    const [{ items }, account] = await Promise.all([
      client.list(PIPELINES, { namespace }),
      client.request('GET', `/api/v1/namespaces/${namespace}/serviceaccounts/default`).catch(() => undefined),
    ]);
    return account !== undefined && items.some(({ status }) => status?.conditions?.[0]?.status === 'True');
  });
  const { metadata } = await client.list(RUNS, { namespace });
  const stop = new AbortController();
  const limit = AbortSignal.timeout(LIMIT_MS + runs * LIMIT_MS_A_RUN);
  const ended = allEnded(
    client,
    wanted,
    metadata.resourceVersion ?? '',
    AbortSignal.any([stop.signal, limit]),
  );
  ended.catch(() => {});
  const began = performance.now();
  try {
    await createAll(client, wanted);
    await ended;
  } finally {
    stop.abort();
  }
  const seconds = (performance.now() - began) / 1000;
  const { items } = await client.list(RUNS, { namespace });
  for (const { metadata, status } of items) {
    if (status?.result !== 'Succeeded') throw new Error(`Run ${metadata.name} ended as ${status?.result}`);
  }
  const size = (of: (run: Run) => object): number =>
    Math.round(
      items.reduce((sum, run) => sum + Buffer.byteLength(JSON.stringify(of(run))), 0) / items.length,
    );
  const named = (run: Run): Run => ({ ...run, apiVersion: RUNS.apiVersion, kind: RUNS.kind });
  return { seconds, bytes: { plain: size((run) => named(bare(run))), withManagedFields: size(named) } };
}

function bare(run: Run): Run {
  const { managedFields: _, ...metadata } = run.metadata;
  return { ...run, metadata };
}

async function createAll(client: ApiClient, { namespace, runs }: RunsWanted): Promise<void> {
  let next = 0;
  const create = async (): Promise<void> => {
    for (let i = next++; i < runs; i = next++) {
      const name = `run-${String(i).padStart(4, '0')}`;
      await client.create(RUNS, namespace, { metadata: { name }, spec: { pipelineRef: { name: PIPELINE } } });
    }
  };
  await Promise.all(Array.from({ length: CREATES_AT_ONCE }, create));
}

async function allEnded(
  client: ApiClient,
  { namespace, runs }: RunsWanted,
  resourceVersion: string,
  signal: AbortSignal,
): Promise<void> {
  const done = new Set<string>();
  const watching = { namespace, resourceVersion, timeoutSeconds: 3600, signal };
  for await (const event of client.watch(RUNS, watching)) {
    if (event.type === 'BOOKMARK' || event.type === 'DELETED') continue;
    const succeeded = event.object.status?.conditions?.find(({ type }) => type === 'Succeeded');
    if (succeeded !== undefined && succeeded.status !== 'Unknown') done.add(event.object.metadata.name ?? '');
    if (done.size === runs) return;
  }
  throw new Error(`only ${done.size} of ${runs} Runs ended in time`);
}

function pipeline(stages: number): Pipeline {
  return {
    metadata: { name: PIPELINE },
    spec: {
      stages: Array.from({ length: stages }, (_, i) => ({
        name: `stage-${i + 1}`,
        image: 'busybox',
        steps: ['one', 'two', 'three'].map((word) => ({ sh: `echo ${word}` })),
      })),
    },
  };
}
