/** Whether an attempt is followed by another, and when. Derived from what is recorded, never from memory. */
import type { RetriedAttempt } from '../../api/run.ts';
import type { Backoff, PlannedRetries } from '../../plan/plan.ts';
import type { Outcome } from '../attempt.ts';
import { parseTime } from '../time.ts';

/** A pod lost to its node can start elsewhere soon; only one that is lost again and again should wait. */
const INFRASTRUCTURE_BACKOFF: Backoff = { initialSeconds: 1, factor: 4, maxSeconds: 60 };

/** Losses that a further try cannot heal: they were waited for already, or are settled by what was asked for. */
const SETTLED: ReadonlySet<string> = new Set([
  'Unschedulable',
  'ImagePullFailed',
  'InvalidImageName',
  'ConfigMissing',
  'VolumeNotMounted',
  'PodInvalid',
  'PodSecurity',
  'QuotaExceeded',
  'QuotaUnmet',
  'ServiceAccountMissing',
  'NamespaceTerminating',
  'NamespaceMissing',
  'PodNameTaken',
  'AdmissionDenied',
  'PodRefused',
  'RunnerMisconfigured',
  'PlanLost',
]);
/** Failures that are settled before anything ran. */
const SETTLED_FAILURES: ReadonlySet<string> = new Set(['NoShell', 'ConditionError', 'InvalidStage']);

export function isRetried(
  { result, reason }: Outcome,
  retried: readonly RetriedAttempt[],
  retries: PlannedRetries,
): boolean {
  if (result === 'Lost') {
    if (SETTLED.has(reason)) return false;
    return retried.filter((attempt) => attempt.result === 'Lost').length < retries.infrastructure;
  }
  if (result !== 'Failed' && result !== 'TimedOut') return false;
  if (SETTLED_FAILURES.has(reason) || !retries.on.includes(result)) return false;
  return retried.filter((attempt) => attempt.result !== 'Lost').length < retries.limit;
}

/** When the next attempt may start: milliseconds since the epoch. */
export function retryAt(retried: readonly RetriedAttempt[], retries: PlannedRetries): number {
  const last = retried.at(-1);
  if (last === undefined) return 0;
  const lost = last.result === 'Lost';
  const { initialSeconds, factor, maxSeconds } = lost ? INFRASTRUCTURE_BACKOFF : retries.backoff;
  const before = retried.filter((attempt) => (attempt.result === 'Lost') === lost).length - 1;
  const seconds = Math.min(initialSeconds * factor ** before, maxSeconds);
  return (parseTime(last.finishTime) ?? 0) + seconds * 1000;
}
