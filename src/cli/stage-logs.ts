/** The log of one attempt of a stage, from its pod's runner. */
import { RUNNER_CONTAINER } from '../api/names.ts';
import { pause, systemClock } from '../kube/clock.ts';
import { ApiError } from '../kube/errors.ts';
import { followLog } from '../kube/logs.ts';
import type { Cluster } from './cluster.ts';
import type { Attempt } from './run-state.ts';

export interface LogReading {
  follow: boolean;
  /** Wait for a container that has not started; it will. */
  awaitStart: boolean;
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
  { follow, awaitStart, signal, tailLines }: LogReading,
): AsyncGenerator<string, void, undefined> {
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
      if (!awaitStart || !hasNotStarted(error)) throw error;
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
