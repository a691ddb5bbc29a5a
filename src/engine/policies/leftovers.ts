/** Pods whose attempt is over and that still run: ended, so that nothing outlives what it was for. */
import type { Pod } from '../../api/kubernetes.ts';
import type { StageStatus } from '../../api/run.ts';
import { endPod } from '../advance.ts';
import type { Decider } from '../decider.ts';
import { attemptOf, createdAt, isTold, stageOf, terminationSeconds } from '../observations.ts';
import { newestReport } from '../reports.ts';
import { parseTime } from '../time.ts';

/** A runner that has reported its end needs a moment for it. */
const FAREWELL_MS = 60_000;
const MARGIN_MS = 60_000;
const SAID: ReadonlySet<StageStatus['result']> = new Set(['Succeeded', 'Unstable', 'Aborted']);

export function endLeftovers(decider: Decider): void {
  for (const pod of decider.input.pods) {
    const overAt = attemptOverAt(decider, pod);
    if (overAt === undefined || hasEnded(pod)) continue;
    const tellAt = hasReported(decider, pod) ? overAt + FAREWELL_MS : overAt;
    const { now } = decider.input;
    const forceAt = tellAt + terminationSeconds(pod) * 1000 + MARGIN_MS;
    if (now >= forceAt) {
      endPod(decider, pod, 'delete');
      continue;
    }
    decider.wake.at(now < tellAt ? tellAt : forceAt);
    if (now >= tellAt && !isTold(pod)) endPod(decider, pod, 'stop');
  }
}

function hasEnded(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/**
 * When the attempt that a pod was for ended; undefined while it goes on. A later attempt than is recorded goes on: what
 * is recorded may be old.
 */
function attemptOverAt({ stages }: Decider, pod: Pod): number | undefined {
  const status = stages.get(stageOf(pod) ?? '');
  const attempt = attemptOf(pod);
  if (status === undefined || attempt === undefined) return undefined;
  const current = status.attempt ?? 1;
  if (attempt < current) return endOf(status, attempt) ?? createdAt(pod);
  // The end is final, so it is also that of an attempt that was never recorded.
  return status.state === 'Finished' ? parseTime(status.finishTime) : undefined;
}

function endOf({ retried = [] }: StageStatus, attempt: number): number | undefined {
  return parseTime(retried.find((entry) => entry.attempt === attempt)?.finishTime);
}

function hasReported({ input, stages }: Decider, pod: Pod): boolean {
  const status = stages.get(stageOf(pod) ?? '');
  // Reports go with the end of their Run; these results only a runner can have said.
  if (status?.attempt === attemptOf(pod) && SAID.has(status?.result)) return true;
  const whose = {
    run: input.run.metadata.name ?? '',
    stage: stageOf(pod) ?? '',
    attempt: attemptOf(pod) ?? 1,
  };
  const result = newestReport(whose, input.reports.get(pod.metadata.uid ?? ''), pod)?.result;
  return result !== undefined;
}
