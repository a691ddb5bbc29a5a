/**
 * What a Run needs next, from what is recorded and observed. Pure: the same input gives the same answer, so killing the
 * operator between any two writes changes nothing but time.
 */
import type { RunStatus } from '../api/run.ts';
import type { Plan } from '../plan/plan.ts';
import { boundParams } from './bound-params.ts';
import type { DecideInput, Decision, PlanProblem } from './decide-types.ts';
import { Decider } from './decider.ts';
import { finished } from './finished.ts';
import { indexOf } from './plan-index.ts';
import { endLeftovers } from './policies/leftovers.ts';
import { decideWithoutPlan } from './policies/plan-problem.ts';
import { RunStages } from './run-stages.ts';
import { formatTime } from './time.ts';
import { isUrgent } from './urgent.ts';

const NO_PARAMS = {};

export function decide(input: DecideInput): Decision {
  const decider = new Decider(input);
  const { run, plan } = input;
  if (run.status?.completionTime !== undefined) return finished(decider);
  const status = plan === undefined ? withoutPlan(decider, input.problem) : withPlan(decider, plan);
  endLeftovers(decider);
  return answer(decider, status);
}

function answer(decider: Decider, status: RunStatus): Decision {
  const { run } = decider.input;
  const requeueAfterMs = decider.wake.afterMs;
  return {
    status,
    actions: decider.actions,
    urgent: isUrgent(run.status, status),
    ...(requeueAfterMs === undefined ? {} : { requeueAfterMs }),
  };
}

function withoutPlan(decider: Decider, problem: PlanProblem | undefined): RunStatus {
  // Neither a plan nor why there is none: nothing can be concluded from that.
  if (problem === undefined) return decider.input.run.status ?? {};
  return decideWithoutPlan(decider, problem);
}

function withPlan(decider: Decider, plan: Plan): RunStatus {
  const { run, now } = decider.input;
  const bound = boundParams(plan, run.spec.params ?? NO_PARAMS);
  if ('problem' in bound) return decideWithoutPlan(decider, bound.problem);
  const startTime = run.status?.startTime ?? formatTime(now);
  const stages = new RunStages(decider, plan, indexOf(plan), bound.params, startTime);
  stages.proceed();
  return stages.summary();
}
