/** What a Run and its stages are doing, in one word each. */
import type { RetriedAttempt, Run, StageStatus } from '../api/run.ts';

/** The result of a finished Run; before that its state, as `kubectl get runs` shows it. */
export function stateOfRun(run: Run): string {
  if (run.status?.result !== undefined) return run.status.result;
  const reason = run.status?.conditions?.find(({ type }) => type === 'Succeeded')?.reason;
  return reason ?? (run.spec.state === 'Paused' ? 'Paused' : 'Pending');
}

export function stateOfStage(stage: StageStatus): string {
  return stage.result ?? stage.state;
}

export function isFinished(run: Run): boolean {
  return run.status?.completionTime !== undefined;
}

/** By the operator: a status alone is there from the start, as the CRD's default. */
export function isTakenUp(run: Run): boolean {
  return run.status?.startTime !== undefined;
}

export interface Attempt {
  stage: string;
  attempt: number;
  podName: string;
}

/** Attempts of a stage that have a pod, the oldest first. */
export function attemptsOf({ name: stage, retried, attempt, podName }: StageStatus): Attempt[] {
  const earlier = (retried ?? []).flatMap((one: RetriedAttempt): Attempt[] =>
    one.podName === undefined ? [] : [{ stage, attempt: one.attempt, podName: one.podName }],
  );
  return podName === undefined ? earlier : [...earlier, { stage, attempt: attempt ?? 1, podName }];
}
