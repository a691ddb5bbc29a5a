/** What the controllers read: caches, seen narrowly, so that tests and simulations can stand in. */
import type { KubeObject, Pod } from '../api/kubernetes.ts';
import type { Pipeline } from '../api/pipeline.ts';
import type { Run } from '../api/run.ts';
import type { ObjectKey } from '../kube/resource.ts';

export interface View<T extends KubeObject> {
  get(key: ObjectKey): T | undefined;
  byIndex(index: string, value: string): readonly T[];
  /** The answer of a write of ours, so that the next look sees it. */
  observe(object: T): void;
}

export interface Views {
  runs: View<Run>;
  pods: View<Pod>;
  pipelines: View<Pipeline>;
}

/** Indexes of the caches. */
export const PODS_BY_RUN = 'run';
export const PODS_BY_UID = 'uid';
export const RUNS_BY_PIPELINE = 'pipeline';

export function podsByRun(pod: Pod): string[] {
  const owner = runOf(pod);
  return owner === undefined ? [] : [owner.uid];
}

export function podsByUid(pod: Pod): string[] {
  return pod.metadata.uid === undefined ? [] : [pod.metadata.uid];
}

/** Only Runs that go on: what a Pipeline says is nothing to a finished Run. */
export function runsByPipeline(run: Run): string[] {
  const { pipelineRef } = run.spec;
  if (pipelineRef === undefined || run.status?.completionTime !== undefined || run.status?.plan !== undefined)
    return [];
  return [`${run.metadata.namespace ?? ''}/${pipelineRef.name}`];
}

export function runOf(pod: Pod): { name: string; uid: string } | undefined {
  return pod.metadata.ownerReferences?.find((owner) => owner.controller === true && owner.kind === 'Run');
}

/** Keys of a work queue: `namespace/name`. */
export function queueKey(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`;
}

export function objectKey(key: string): ObjectKey & { namespace: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
