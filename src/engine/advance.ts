/** A stage with a pod: what has become of its attempt, and so the stage's next status. */
import type { Pod } from '../api/kubernetes.ts';
import type { StageStatus } from '../api/run.ts';
import type { PlannedStage } from '../plan/plan.ts';
import type { StageReport } from '../runner/protocol.ts';
import { type Attempt, type Outcome, outcome, type Policy, type StopCause, type Verdict } from './attempt.ts';
import type { Decider } from './decider.ts';
import { attemptKey, createdAt, runnerOf } from './observations.ts';
import { containerEnded } from './policies/container-ended.ts';
import { podDeleted, podGone, podOver, stopUnderWay } from './policies/pod-end.ts';
import { podWaiting } from './policies/pod-waiting.ts';
import { explainBy, reportedEnd } from './policies/reported-end.ts';
import { isRetried, retryAt } from './policies/retry.ts';
import { stageTimeout } from './policies/stage-timeout.ts';
import { newestReport } from './reports.ts';
import { settle } from './status.ts';
import { cut } from './text.ts';
import { formatTime, parseTime } from './time.ts';

/** For a pod that neither the cache nor the API server says anything of. */
const LOOK_AGAIN_MS = 5000;
/** One word. */
const MOST_REASON = 64;

/** The first that answers decides. */
const POLICIES: readonly Policy[] = [
  reportedEnd,
  podGone,
  podOver,
  stopUnderWay,
  podDeleted,
  podWaiting,
  containerEnded,
  stageTimeout,
];

export function isActive(status: StageStatus): boolean {
  return status.state === 'Starting' || status.state === 'Running' || status.state === 'Stopping';
}

/** The status of a stage whose pod is seen but not recorded: created by us, before a crash perhaps. */
export function adopt(name: string, status: StageStatus | undefined, pod: Pod): StageStatus {
  return settle(status, {
    name,
    state: 'Starting',
    attempt: status?.attempt ?? 1,
    podName: pod.metadata.name,
    podUID: pod.metadata.uid,
    startTime: formatTime(createdAt(pod)),
    retried: status?.retried,
  });
}

/** Why the Run, or what became of the pod, wants an attempt stopped. */
export interface StopFor {
  cause: StopCause;
  reason: string;
  message: string;
}

/** @param stopFor why the Run wants this stage stopped, if it does. */
export function advance(
  decider: Decider,
  status: StageStatus,
  stage: PlannedStage | undefined,
  stopFor: StopFor | undefined,
): StageStatus {
  const attempt = attemptOf(decider, status, stage);
  const verdict = judge(attempt);
  if (attempt.report?.revision !== undefined) decider.reportedRevision ??= attempt.report.revision;
  switch (verdict.kind) {
    case 'ended':
      return finish(decider, attempt, verdict.outcome, stopFor);
    case 'unknown':
      decider.wake.at(decider.input.now + LOOK_AGAIN_MS);
      return stopFor === undefined || status.stopping !== undefined
        ? status
        : stopping(decider, attempt, stopFor);
    case 'stopping':
      decider.wake.at(verdict.wakeAt);
      if (verdict.action !== 'wait') endPod(decider, attempt.pod, verdict.action);
      return withProgress(decider, attempt, status);
    case 'stop':
      return stopping(decider, attempt, verdict);
    case 'goesOn':
      if (stopFor !== undefined) return stopping(decider, attempt, stopFor);
      decider.wake.at(verdict.wakeAt);
      decider.wake.at(explainBy(attempt.report));
      return goesOn(decider, attempt, verdict);
  }
}

function attemptOf(decider: Decider, status: StageStatus, stage: PlannedStage | undefined): Attempt {
  const { input, pods } = decider;
  const uid = status.podUID ?? '';
  const pod = pods.byUID.get(uid);
  const whose = {
    run: input.run.metadata.name ?? '',
    stage: status.name,
    attempt: status.attempt ?? 1,
  };
  return {
    stage,
    status,
    pod,
    missing: input.missingPods.has(uid),
    report: newestReport(whose, input.reports.get(uid), pod),
    warning: input.warnings.get(uid),
    now: input.now,
    config: input.config,
  };
}

function judge(attempt: Attempt): Verdict {
  for (const policy of POLICIES) {
    const verdict = policy(attempt);
    if (verdict !== undefined) return verdict;
  }
  return { kind: 'goesOn' };
}

function goesOn(
  decider: Decider,
  attempt: Attempt,
  { reason, message }: { reason?: string; message?: string },
): StageStatus {
  const { status, report, pod } = attempt;
  const begun = report !== undefined || status.state === 'Running' || noneWaits(pod);
  if (reason !== undefined && reason !== status.reason) {
    decider.warn('StageWaits', `Stage "${status.name}" waits: ${message ?? reason}`);
  }
  return settle(status, {
    ...withProgress(decider, attempt, status),
    state: begun ? 'Running' : 'Starting',
    reason,
    message: message === undefined ? undefined : decider.budget.waiting(message),
  });
}

/** All have started, if some have not ended too. */
function noneWaits(pod: Pod | undefined): boolean {
  const containers = pod?.status?.containerStatuses ?? [];
  return (
    containers.length > 0 &&
    containers.every(({ state }) => state !== undefined && state.waiting === undefined)
  );
}

/** What the newest report adds while the attempt goes on; never less than is recorded. */
function withProgress(decider: Decider, { report }: Attempt, status: StageStatus): StageStatus {
  if (report === undefined || report.steps.length === 0) return status;
  return settle(status, { ...status, steps: decider.budget.stepsSoFar(report.steps) });
}

function stopping(decider: Decider, attempt: Attempt, { cause, reason, message }: StopFor): StageStatus {
  const { status, pod } = attempt;
  const next: StageStatus = {
    ...withProgress(decider, attempt, status),
    state: 'Stopping',
    stopping: cause,
    stopTime: formatTime(decider.input.now),
    reason,
    message: decider.budget.waiting(message),
  };
  // Judged again as what it is now: a lost node's pod is not told but deleted.
  const verdict = stopUnderWay({ ...attempt, status: next });
  if (verdict?.kind === 'stopping') {
    decider.wake.at(verdict.wakeAt);
    if (verdict.action !== 'wait') endPod(decider, pod, verdict.action);
  }
  return next;
}

export function endPod(decider: Decider, pod: Pod | undefined, action: 'stop' | 'delete'): void {
  const { name, uid } = pod?.metadata ?? {};
  if (name === undefined || uid === undefined) return;
  const type = action === 'stop' ? 'StopPod' : 'DeletePod';
  decider.actions.push({ type, podName: name, podUID: uid });
}

function finish(decider: Decider, attempt: Attempt, end: Outcome, stopFor: StopFor | undefined): StageStatus {
  const { status, stage, report, pod } = attempt;
  const { now } = decider.input;
  // What the Run wanted to stop is not lost by ending otherwise.
  const final =
    stopFor !== undefined && end.result === 'Lost'
      ? outcome(stopFor.cause, stopFor.reason, end.message ?? stopFor.message)
      : end;
  const finished = formatTime(finishTime(report, pod, status, now));
  const retried = status.retried ?? [];
  const entry = decider.budget.retried({
    attempt: status.attempt ?? 1,
    result: final.result,
    reason: cut(final.reason, MOST_REASON),
    ...(final.message === undefined ? {} : { message: final.message }),
    ...(status.podName === undefined ? {} : { podName: status.podName }),
    finishTime: finished,
  });
  if (
    stopFor === undefined &&
    stage !== undefined &&
    isRetried(final, retried, stage.retries) &&
    decider.budget.mayRetry
  ) {
    const all = [...retried, entry];
    decider.wake.at(retryAt(all, stage.retries));
    decider.warn(
      'StageRetried',
      `Stage "${status.name}" is tried again after ${final.reason}: ${final.message ?? final.result}`,
    );
    return { name: status.name, state: 'Retrying', attempt: entry.attempt + 1, retried: all };
  }
  return ended(decider, attempt, final, finished);
}

function ended(decider: Decider, attempt: Attempt, final: Outcome, finished: string): StageStatus {
  const { status, report } = attempt;
  const well = final.result === 'Succeeded' || final.result === 'Unstable';
  if (!well && final.result !== 'Cancelled') {
    decider.warn(`Stage${final.result}`, `Stage "${status.name}": ${final.message ?? final.reason}`);
  }
  const { budget } = decider;
  const steps = budget.stepsAtEnd(report?.steps ?? status.steps ?? [], well);
  const { outputs, dropped } = budget.outputs(report?.outputs ?? {});
  const message = dropped.length === 0 ? final.message : `${leftOut(dropped)} ${final.message ?? ''}`.trim();
  return settle(status, {
    ...status,
    state: 'Finished',
    result: final.result,
    reason: final.result === 'Succeeded' ? undefined : cut(final.reason, MOST_REASON),
    message: message === undefined ? undefined : budget.message(message),
    podUID: budget.many ? undefined : status.podUID,
    finishTime: finished,
    steps: steps.length === 0 ? undefined : steps,
    outputs: Object.keys(outputs).length === 0 ? undefined : outputs,
    stopping: undefined,
    stopTime: undefined,
  });
}

function leftOut(names: readonly string[]): string {
  return `The status of the Run has no room for the outputs ${cut(names.join(', '), 200)}.`;
}

/** Clocks of nodes differ: never before the start, never in what is the future here. */
function finishTime(
  report: StageReport | undefined,
  pod: Pod | undefined,
  { startTime }: StageStatus,
  now: number,
): number {
  const told = report?.result === undefined ? undefined : parseTime(report.finishTime);
  const seen = pod && parseTime(runnerOf(pod)?.state?.terminated?.finishedAt);
  return Math.max(Math.min(told ?? seen ?? now, now), Math.min(parseTime(startTime) ?? 0, now));
}

/** The pod of a stage's current attempt that the status does not record yet. */
export function unrecordedPod(
  decider: Decider,
  name: string,
  status: StageStatus | undefined,
): Pod | undefined {
  if (status !== undefined && status.state !== 'Waiting' && status.state !== 'Retrying') return undefined;
  return decider.pods.byAttempt.get(attemptKey(name, status?.attempt ?? 1));
}
