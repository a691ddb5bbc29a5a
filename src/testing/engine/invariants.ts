/** What must hold of each decision and of the end of each Run, told from the plan and the pods alone. */
import assert from 'node:assert/strict';
import type { StageStatus } from '../../api/run.ts';
import { validateRun } from '../../api/validate.ts';
import { decide } from '../../engine/decide.ts';
import type { DecideInput, Decision } from '../../engine/decide-types.ts';
import { newestReport } from '../../engine/reports.ts';
import type { Plan, PlannedStage } from '../../plan/plan.ts';

export function checkDecision(plan: Plan, input: DecideInput, decision: Decision): void {
  checkCreations(plan, input, decision);
  checkNothingLost(input, decision);
  checkFixpoint(input, decision);
  if (decision.status !== input.run.status) {
    const valid = validateRun({ ...input.run, status: decision.status });
    if ('errors' in valid) assert.fail(`the status is not valid: ${JSON.stringify(valid.errors)}`);
  }
  assert.ok(
    decision.requeueAfterMs === undefined || decision.requeueAfterMs > 0,
    'asks to be called at once',
  );
}

function checkCreations(plan: Plan, input: DecideInput, decision: Decision): void {
  const stages = new Map((decision.status.stages ?? []).map((stage) => [stage.name, stage]));
  const last = new Set(plan.finally.map(({ name }) => name));
  for (const action of decision.actions) {
    if (action.type !== 'CreatePod') continue;
    const what = `${action.stage}#${action.attempt}`;
    assert.ok(input.run.spec.state !== 'Paused', `${what} is created while paused`);
    assert.ok(
      !input.pods.some(({ metadata }) => metadata.name === action.podName),
      `${what} is created though its pod is seen`,
    );
    const status = stages.get(action.stage);
    assert.ok(status?.state !== 'Finished', `${what} is created though it has ended`);
    if (last.has(action.stage)) {
      assert.ok(
        plan.stages.every(({ name }) => stages.get(name)?.state === 'Finished'),
        `${what} of finally is created before the stages have ended`,
      );
      continue;
    }
    assert.ok(input.run.spec.state !== 'Cancelled', `${what} is created after the cancel`);
    const stage = plan.stages.find(({ name }) => name === action.stage);
    assert.ok(stage !== undefined);
    for (const need of stage.needs)
      assert.ok(endedWell(plan, need, stages), `${what} is created before ${need}`);
  }
}

/** Written apart from the engine's own rule. */
function endedWell(plan: Plan, name: string, stages: ReadonlyMap<string, StageStatus>): boolean {
  const group = plan.groups.find((group) => group.name === name);
  if (group === undefined) {
    const status = stages.get(name);
    if (status?.state !== 'Finished') return false;
    if (status.result === 'Skipped') return status.reason === 'ConditionFalse';
    const stage = plan.stages.find((stage) => stage.name === name);
    return status.result === 'Succeeded' || status.result === 'Unstable' || stage?.allowFailure === true;
  }
  if (group.allowFailure) return leaves(plan, name).every((leaf) => stages.get(leaf)?.state === 'Finished');
  return group.members.every((member) => endedWell(plan, member, stages));
}

function leaves(plan: Plan, name: string): string[] {
  const group = plan.groups.find((group) => group.name === name);
  return group === undefined ? [name] : group.members.flatMap((member) => leaves(plan, member));
}

/** A success that was heard or seen is what the attempt is recorded as. */
function checkNothingLost(input: DecideInput, decision: Decision): void {
  const after = new Map((decision.status.stages ?? []).map((stage) => [stage.name, stage]));
  for (const before of input.run.status?.stages ?? []) {
    if (before.podUID === undefined || before.state === 'Finished') continue;
    const pod = input.pods.find(({ metadata }) => metadata.uid === before.podUID);
    const whose = { run: input.run.metadata.name ?? '', stage: before.name, attempt: before.attempt ?? 1 };
    const report = newestReport(whose, input.reports.get(before.podUID), pod);
    if (report?.result !== 'Succeeded') continue;
    assert.equal(after.get(before.name)?.result, 'Succeeded', `the success of ${before.name} is lost`);
  }
  for (const before of input.run.status?.stages ?? []) {
    if (before.state === 'Finished')
      assert.equal(after.get(before.name), before, `${before.name} changed after its end`);
  }
}

/** Written and decided again at once, nothing changes and nothing new is asked for. */
function checkFixpoint(input: DecideInput, decision: Decision): void {
  const again = decide({ ...input, run: { ...input.run, status: decision.status } });
  if (decision.status.completionTime === undefined || again.status !== decision.status) {
    assert.deepEqual(again.status, decision.status, 'deciding again changes the status');
    assert.equal(again.status, decision.status, 'deciding again makes a new status of the same content');
  }
  const told = again.actions.filter(({ type }) => type === 'Event');
  assert.deepEqual(told, [], 'an event is repeated');
  const names = (of: Decision): string[] =>
    of.actions.flatMap((action) => (action.type === 'CreatePod' ? [action.podName] : [])).sort();
  assert.deepEqual(names(again), names(decision), 'deciding again creates something else');
}

/** Of a Run that has ended: each result is one that its pods can have had. */
export function checkEnd(
  plan: Plan,
  stages: readonly StageStatus[],
  results: (stage: string, attempt: number) => readonly string[] | undefined,
  ended: { cancelled: boolean },
): void {
  const all: readonly PlannedStage[] = [...plan.stages, ...plan.finally];
  for (const { name, retries } of all) {
    const status = stages.find((stage) => stage.name === name);
    assert.equal(status?.state, 'Finished', `${name} has not ended`);
    const lost = (status.retried ?? []).filter(({ result }) => result === 'Lost').length;
    assert.ok(lost <= retries.infrastructure, `${name} was tried again ${lost} times after being lost`);
    const failed = (status.retried ?? []).length - lost;
    assert.ok(failed <= retries.limit, `${name} was tried again ${failed} times after failing`);
    for (const { attempt, result, reason } of status.retried ?? []) {
      assert.ok(
        results(name, attempt)?.includes(result) === true,
        `attempt ${attempt} of ${name} is told as ${result} (${reason})`,
      );
    }
    if (status.podUID === undefined || status.reason === 'RunCancelled' || status.reason === 'RunTimedOut')
      continue;
    const truth = results(name, status.attempt ?? 1) ?? [];
    assert.ok(
      truth.includes(status.result ?? ''),
      `${name} is told as ${status.result} (${status.reason}), and can be ${truth.join(' or ')}`,
    );
  }
  if (!ended.cancelled)
    assert.ok(!stages.some(({ reason }) => reason === 'RunCancelled'), 'something was cancelled by nobody');
}
