// One Run of three stages, and where its time goes.

import { LABEL_STAGE } from '../../src/api/names.ts';
import type { Pipeline } from '../../src/api/pipeline.ts';
import type { Run } from '../../src/api/run.ts';
import type { ApiClient } from '../../src/kube/client.ts';
import { PODS, RUNS } from '../../src/kube/resource.ts';

/** Milliseconds. Cluster and command are on one machine here, so their clocks are one. */
export interface StageTimes {
  readonly total: number;
  readonly begin: number;
  /** By stage. */
  readonly start: readonly number[];
  readonly steps: readonly number[];
  readonly next: readonly number[];
}

const LIMIT_MS = 120_000;
const PIPELINE = 'three';

export function threeStages(image: string): Pipeline {
  const steps = ['one', 'two', 'three'].map((word) => ({ sh: `echo ${word}` }));
  return {
    metadata: { name: PIPELINE },
    spec: { stages: ['first', 'second', 'third'].map((name) => ({ name, image, steps })) },
  };
}

export async function stagesOnce(client: ApiClient, namespace: string, name: string): Promise<StageTimes> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(LIMIT_MS)]);
  const podsSeen = new Map<string, number>();
  const [pods, runs] = await Promise.all([
    client.list(PODS, { namespace, limit: 1 }),
    client.list(RUNS, { namespace, limit: 1 }),
  ]);
  const watching = { namespace, timeoutSeconds: 600, signal };
  const seeing = seePods(
    client,
    { ...watching, resourceVersion: pods.metadata.resourceVersion ?? '' },
    podsSeen,
  );
  seeing.catch(() => {});
  const created = Date.now();
  const began = performance.now();
  await client.create(RUNS, namespace, { metadata: { name }, spec: { pipelineRef: { name: PIPELINE } } });
  try {
    const events = client.watch(RUNS, { ...watching, resourceVersion: runs.metadata.resourceVersion ?? '' });
    for await (const event of events) {
      if (event.type === 'BOOKMARK' || event.object.metadata.name !== name) continue;
      const succeeded = event.object.status?.conditions?.find(({ type }) => type === 'Succeeded');
      if (succeeded?.status === 'False') throw new Error(`the Run ${name} ended as ${succeeded.reason}`);
      if (succeeded?.status === 'True') {
        return { total: performance.now() - began, ...parts(event.object, created, podsSeen) };
      }
    }
  } finally {
    stop.abort();
  }
  throw new Error(`the Run ${name} did not succeed within ${LIMIT_MS / 1000} s`);
}

async function seePods(
  client: ApiClient,
  watching: Parameters<ApiClient['watch']>[1],
  seen: Map<string, number>,
): Promise<void> {
  for await (const event of client.watch(PODS, watching)) {
    const stage = event.object.metadata.labels?.[LABEL_STAGE];
    if (event.type === 'ADDED' && stage !== undefined) seen.set(stage, Date.now());
  }
}

function parts(run: Run, created: number, podsSeen: ReadonlyMap<string, number>): Omit<StageTimes, 'total'> {
  const ended = Date.now();
  const stages = (run.status?.stages ?? []).map(({ name, steps = [] }) => ({
    seen: podsSeen.get(name) ?? Number.NaN,
    first: Date.parse(steps[0]?.startTime ?? ''),
    last: Date.parse(steps.at(-1)?.finishTime ?? ''),
  }));
  return {
    begin: (stages[0]?.seen ?? Number.NaN) - created,
    start: stages.map(({ seen, first }) => first - seen),
    steps: stages.map(({ first, last }) => last - first),
    next: stages.map(({ last }, i) => (stages[i + 1]?.seen ?? ended) - last),
  };
}
