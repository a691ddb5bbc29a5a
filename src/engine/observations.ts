/** A Run's pods by who they are. */
import type { ContainerStatus, Pod } from '../api/kubernetes.ts';
import { LABEL_ATTEMPT, LABEL_STAGE, RUNNER_CONTAINER } from '../api/names.ts';
import { parseTime } from './time.ts';

export interface PodIndex {
  byUID: ReadonlyMap<string, Pod>;
  /** By stage and attempt; of two with one name the younger. */
  byAttempt: ReadonlyMap<string, Pod>;
}

export function attemptKey(stage: string, attempt: number): string {
  return `${stage}/${attempt}`;
}

export function indexPods(pods: readonly Pod[]): PodIndex {
  const byUID = new Map<string, Pod>();
  const byAttempt = new Map<string, Pod>();
  for (const pod of pods) {
    const { uid } = pod.metadata;
    const stage = stageOf(pod);
    const attempt = attemptOf(pod);
    if (uid === undefined || stage === undefined || attempt === undefined) continue;
    byUID.set(uid, pod);
    const key = attemptKey(stage, attempt);
    const other = byAttempt.get(key);
    if (other === undefined || createdAt(other) <= createdAt(pod)) byAttempt.set(key, pod);
  }
  return { byUID, byAttempt };
}

export function stageOf(pod: Pod): string | undefined {
  return pod.metadata.labels?.[LABEL_STAGE];
}

export function attemptOf(pod: Pod): number | undefined {
  const attempt = Number(pod.metadata.labels?.[LABEL_ATTEMPT]);
  return Number.isInteger(attempt) && attempt >= 1 ? attempt : undefined;
}

export function createdAt(pod: Pod): number {
  return parseTime(pod.metadata.creationTimestamp) ?? 0;
}

export function containerOf(pod: Pod, name: string): ContainerStatus | undefined {
  return pod.status?.containerStatuses?.find((status) => status.name === name);
}

export function runnerOf(pod: Pod): ContainerStatus | undefined {
  return containerOf(pod, RUNNER_CONTAINER);
}

/** All containers, services and the like included. */
export function allContainers(pod: Pod): ContainerStatus[] {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
}

/** An ended phase can be told while containers are still being stopped (kubelet's deadline, eviction). */
export function isOver(pod: Pod): boolean {
  const { phase } = pod.status ?? {};
  if (phase !== 'Succeeded' && phase !== 'Failed') return false;
  return runnerOf(pod)?.state?.running === undefined;
}

/** Seconds that the kubelet gives the pod from TERM to KILL. */
export function terminationSeconds(pod: Pod | undefined): number {
  return pod?.spec?.terminationGracePeriodSeconds ?? 90;
}

export function isTold(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined || pod.spec?.activeDeadlineSeconds === 1;
}
