/** The log of one attempt of a stage, from its pod's runner. */
import { RUNNER_CONTAINER } from '../api/names.ts';
import type { StageStatus } from '../api/run.ts';
import { pause, systemClock } from '../kube/clock.ts';
import { ApiError } from '../kube/errors.ts';
import { followLog } from '../kube/logs.ts';
import type { Cluster } from './cluster.ts';
import type { Attempt } from './run-state.ts';

export interface LogReading {
  follow: boolean;
  /** How long to wait for a container that, by the kubelet, has not started. */
  startWithinMs: number;
  signal: AbortSignal;
  tailLines?: number | undefined;
}

const AGAIN_MS = 300;

/**
 * Lines without their newlines.
 * @throws ApiError see isGone and hasNotStarted.
 */
export async function* readStageLog(
  { client, namespace }: Cluster,
  { podName }: Attempt,
  { follow, startWithinMs, signal, tailLines }: LogReading,
): AsyncGenerator<string, void, undefined> {
  const since = performance.now();
  for (;;) {
    try {
      yield* followLog(client, {
        namespace,
        pod: podName,
        container: RUNNER_CONTAINER,
        follow,
        signal,
        ...(tailLines === undefined ? {} : { tailLines }),
      });
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (!hasNotStarted(error) || performance.now() - since >= startWithinMs) throw error;
      await pause(systemClock, AGAIN_MS, signal);
      if (signal.aborted) return;
    }
  }
}

/** The pod was deleted, and its log with it. */
export function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.code === 404;
}

/** `container "otto" in pod "…" is waiting to start: ContainerCreating` */
export function hasNotStarted(error: unknown): boolean {
  return error instanceof ApiError && error.code === 400;
}

/** The runner's report is faster than the kubelet's word that its container has started at all. */
const KUBELET_LAG_MS = 4000;

/** For `startWithinMs`: a stage that ended before its first step has no log to wait for. */
export function startLimit({ state, steps, retried }: StageStatus): number {
  if (state === 'Running' || state === 'Stopping') return Number.POSITIVE_INFINITY;
  return (steps ?? []).length > 0 || (retried ?? []).length > 0 ? KUBELET_LAG_MS : 0;
}
