/** Stages that are due: skipped, waiting, or given a pod. */
import type { StageStatus } from '../api/run.ts';
import { formatDuration } from '../plan/duration.ts';
import { evaluateWhen, instantiate } from '../plan/instantiate.ts';
import type { Plan, PlannedStage, Scope, StageInstance } from '../plan/plan.ts';
import type { CreateRefusal } from './decide-types.ts';
import type { Decider } from './decider.ts';
import { podName } from './pod-name.ts';
import { refusalOf } from './policies/refusal.ts';
import { retryAt } from './policies/retry.ts';
import type { Room } from './policies/room.ts';
import { settle } from './status.ts';
import { formatTime, parseTime } from './time.ts';

/** For a Run whose expressions take long, so that they do not take the time of other Runs. */
const OTHERS_FIRST_MS = 1000;

/**
 * A stage whose needs ended well and that has no pod. Its status changes only if it will not start, or cannot: a pod
 * that was created is recorded when it is seen.
 */
export function start(
  decider: Decider,
  plan: Plan,
  stage: PlannedStage,
  scope: () => Scope,
  room: Room,
): void {
  const status = decider.stages.get(stage.name);
  const attempt = status?.attempt ?? 1;
  const retried = status?.retried ?? [];
  const due = retryAt(retried, stage.retries);
  if (due > decider.input.now) {
    decider.wake.at(due);
    return;
  }
  if (!room.mayEvaluate()) {
    decider.wake.at(decider.input.now + OTHERS_FIRST_MS);
    return;
  }
  // Its condition held when the first attempt was made.
  if (retried.length === 0 && stage.when.length > 0) {
    const holds = evaluateWhen(stage, scope());
    if (holds === false) return end(decider, stage.name, 'Skipped', 'ConditionFalse');
    if (holds !== true) return end(decider, stage.name, 'Failed', 'ConditionError', holds.error);
  }
  if (refused(decider, stage, status)) return;
  if (room.pods <= 0) return;
  const checksOut = plan.source !== undefined && stage.checkout;
  const resolves = checksOut && room.revision === undefined;
  if (resolves && room.resolving) return;
  const made = instantiate(plan, stage, scope());
  if ('error' in made) return end(decider, stage.name, 'Failed', 'InvalidStage', made.error);
  room.pods--;
  if (resolves) room.resolving = true;
  decider.actions.push({
    type: 'CreatePod',
    stage: stage.name,
    attempt,
    podName: podName(decider.input.run.metadata.name ?? '', stage.name, attempt),
    instance: withRef(decider, made.instance),
  });
}

/** The Run's branch or tag goes before the Pipeline's ref. */
function withRef({ input }: Decider, instance: StageInstance): StageInstance {
  const { branch, tag } = input.run.spec.source ?? {};
  const ref = tag ?? branch;
  if (instance.source === undefined || ref === undefined) return instance;
  return { ...instance, source: { ...instance.source, ref } };
}

/** @returns whether the stage has ended by it. Else it is tried again: whether it must wait is the caller's to know. */
function refused(decider: Decider, stage: PlannedStage, status: StageStatus | undefined): boolean {
  const refusal = decider.input.refusals.get(stage.name);
  if (refusal === undefined) {
    // Remembered by the status alone, after a restart: the next try tells again.
    return false;
  }
  const { reason, message, never } = refusalOf(refusal);
  const since = sinceOf(refusal, status, decider.input.now);
  const limitAt = since + decider.input.config.pendingLimitSeconds * 1000;
  if (never || decider.input.now >= limitAt) {
    const limit = formatDuration(decider.input.config.pendingLimitSeconds);
    end(decider, stage.name, 'Lost', reason, never ? message : `${message} Given up after ${limit}.`);
    return true;
  }
  decider.wake.at(limitAt);
  if (status?.reason !== reason) decider.warn('StageWaits', `Stage "${stage.name}" waits: ${message}`);
  decider.set(
    settle(status, {
      ...(status ?? { name: stage.name, state: 'Waiting', attempt: 1 }),
      reason,
      message: decider.budget.waiting(message),
      startTime: formatTime(since),
    }),
  );
  return false;
}

function sinceOf({ since }: CreateRefusal, status: StageStatus | undefined, now: number): number {
  return Math.min(since, parseTime(status?.startTime) ?? now, now);
}

/** Ends a stage that has no pod. */
export function end(
  decider: Decider,
  name: string,
  result: NonNullable<StageStatus['result']>,
  reason: string,
  message?: string,
): void {
  const status = decider.stages.get(name);
  if (result === 'Failed' || result === 'Lost') {
    decider.warn(`Stage${result}`, `Stage "${name}": ${message ?? reason}`);
  }
  decider.set(
    settle(status, {
      name,
      state: 'Finished',
      result,
      reason,
      message: message === undefined ? undefined : decider.budget.message(message),
      attempt: status?.retried === undefined ? undefined : (status.attempt ?? 1) - 1,
      startTime: undefined,
      finishTime: formatTime(decider.input.now),
      retried: status?.retried,
    }),
  );
}
