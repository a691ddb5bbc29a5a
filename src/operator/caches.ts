/** The caches behind the controllers' views, and what a change in them puts on which queue. */
import type { Pod } from '../api/kubernetes.ts';
import { LABEL_MANAGED_BY } from '../api/names.ts';
import type { Pipeline } from '../api/pipeline.ts';
import type { Run } from '../api/run.ts';
import { Cache } from '../kube/cache.ts';
import type { ApiClient } from '../kube/client.ts';
import type { Clock } from '../kube/clock.ts';
import { PIPELINES, PODS, RUNS } from '../kube/resource.ts';
import { describeError, type Logger } from './logging.ts';
import { stripObject, stripPod } from './strip.ts';
import {
  PODS_BY_RUN,
  PODS_BY_UID,
  podsByRun,
  podsByUid,
  queueKey,
  RUNS_BY_PIPELINE,
  runOf,
  runsByPipeline,
} from './views.ts';

export interface Caches {
  runs: Cache<Run>;
  pods: Cache<Pod>;
  pipelines: Cache<Pipeline>;
}

export const CACHE_NAMES = ['runs', 'pods', 'pipelines'] as const;

export function createCaches(client: ApiClient, namespaces: string[], logger: Logger, clock: Clock): Caches {
  const onError = (resource: string) => (error: unknown) =>
    logger.warn('watch interrupted; it is taken up again', { resource, ...describeError(error) });
  return {
    runs: new Cache<Run>({
      client,
      clock,
      type: RUNS,
      namespaces,
      indexes: { [RUNS_BY_PIPELINE]: runsByPipeline },
      strip: stripObject,
      onError: onError('runs'),
    }),
    pods: new Cache<Pod>({
      client,
      clock,
      type: PODS,
      namespaces,
      labelSelector: `${LABEL_MANAGED_BY}=otto`,
      indexes: { [PODS_BY_RUN]: podsByRun, [PODS_BY_UID]: podsByUid },
      strip: stripPod,
      onError: onError('pods'),
    }),
    pipelines: new Cache<Pipeline>({
      client,
      clock,
      type: PIPELINES,
      namespaces,
      indexes: {},
      strip: stripObject,
      onError: onError('pipelines'),
    }),
  };
}

export interface QueueAdds {
  run(key: string): void;
  pipeline(key: string): void;
}

/**
 * Keys go on the queues, never events: what happened in between does not matter. What a pass itself wrote does not call
 * for another one.
 * @returns ends it.
 */
export function feedQueues(caches: Caches, add: QueueAdds): () => void {
  const ends = [
    caches.runs.onChange(({ before, after, observed }) => {
      const run = after ?? before;
      if (run !== undefined && observed !== true) add.run(queueKey(run));
    }),
    caches.pods.onChange(({ before, after, observed }) => {
      const pod = after ?? before;
      const owner = pod === undefined ? undefined : runOf(pod);
      if (owner !== undefined && observed !== true) {
        add.run(`${pod?.metadata.namespace ?? ''}/${owner.name}`);
      }
    }),
    caches.pipelines.onChange(({ before, after }) => {
      const pipeline = after ?? before;
      if (pipeline === undefined) return;
      const key = queueKey(pipeline);
      add.pipeline(key);
      for (const run of caches.runs.byIndex(RUNS_BY_PIPELINE, key)) add.run(queueKey(run));
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}
