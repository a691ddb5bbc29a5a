/** A Run's values for its parameters, bound once for each plan and Run. */
import type { Json } from '../api/pipeline.ts';
import { bindParams } from '../plan/bind-params.ts';
import { formatPath } from '../plan/diagnostics.ts';
import type { Plan } from '../plan/plan.ts';
import type { PlanProblem } from './decide-types.ts';

export type Bound = { params: { [name: string]: Json } } | { problem: PlanProblem };

const known = new WeakMap<Plan, WeakMap<object, Bound>>();

/** @param given the same object for the same Run, which it is while its spec is not edited. */
export function boundParams(plan: Plan, given: { [name: string]: Json }): Bound {
  const ofPlan = known.get(plan) ?? new WeakMap<object, Bound>();
  known.set(plan, ofPlan);
  const before = ofPlan.get(given);
  if (before !== undefined) return before;
  const bound = bind(plan, given);
  ofPlan.set(given, bound);
  return bound;
}

function bind(plan: Plan, given: { [name: string]: Json }): Bound {
  const bound = bindParams(plan, given);
  if ('params' in bound) return bound;
  const message = bound.errors.map(({ path, message }) => `${formatPath(path)}: ${message}`).join('\n');
  return { problem: { reason: 'InvalidParameters', message } };
}
