/** A Run's result: the worst of its stages', but for what is allowed to fail. */
import type { RunResult, StageStatus } from '../../api/run.ts';
import { RUN_CANCELLED, RUN_TIMED_OUT } from './ending.ts';

/** From good to bad. */
const ORDER: readonly RunResult[] = [
  'Succeeded',
  'Unstable',
  'Failed',
  'Aborted',
  'TimedOut',
  'Lost',
  'Cancelled',
];

export function runResult(stages: Iterable<StageStatus>, allowed: ReadonlySet<string>): RunResult {
  let worst = 0;
  for (const stage of stages) {
    if (isCounted(stage, allowed)) worst = Math.max(worst, ORDER.indexOf(resultOf(stage)));
  }
  return ORDER[worst] ?? 'Succeeded';
}

/** What the Run itself did to a stage is never excused. */
function isCounted({ name, reason, result, state }: StageStatus, allowed: ReadonlySet<string>): boolean {
  if (state !== 'Finished' || result === undefined || result === 'Skipped') return false;
  return !allowed.has(name) || reason === RUN_CANCELLED || reason === RUN_TIMED_OUT;
}

function resultOf({ result }: StageStatus): RunResult {
  return result === undefined || result === 'Skipped' ? 'Succeeded' : result;
}

/** The stage that went wrong first. */
export function firstCause(
  stages: Iterable<StageStatus>,
  allowed: ReadonlySet<string>,
): StageStatus | undefined {
  let first: StageStatus | undefined;
  for (const stage of stages) {
    if (!isCounted(stage, allowed) || stage.result === 'Succeeded') continue;
    if (first === undefined || isWorthier(stage, first)) first = stage;
  }
  return first;
}

/** A stage that only became unstable explains nothing if another failed. */
function isWorthier(stage: StageStatus, first: StageStatus): boolean {
  const unstable = stage.result === 'Unstable';
  if (unstable !== (first.result === 'Unstable')) return !unstable;
  return (stage.finishTime ?? '') < (first.finishTime ?? '');
}
