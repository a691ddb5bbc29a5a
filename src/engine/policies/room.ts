/** What keeps stages from starting that are due in themselves. */
import { spentInTotal } from '../../plan/cel-budget.ts';
import { isActive } from '../advance.ts';
import type { Decider } from '../decider.ts';
import type { PlanIndex } from '../plan-index.ts';

export interface Room {
  /** Pods that may still be created. */
  pods: number;
  /** What to check out. */
  revision: string | undefined;
  /** A checkout is under way that will tell the revision: a second one could find another. */
  resolving: boolean;
  /** Expressions may still be evaluated in this decision. */
  mayEvaluate(): boolean;
}

/** In units of the expressions' budget, of which each stage has its own; other Runs wait meanwhile. */
const MOST_IN_A_DECISION = 2_000_000;

export function roomOf({ input, stages }: Decider, index: PlanIndex, revision: string | undefined): Room {
  const before = spentInTotal();
  const active = [...stages.values()].filter(isActive);
  return {
    pods: input.config.maxPodsPerRun - active.length,
    revision,
    resolving: active.some(({ name }) => index.byName.get(name)?.checkout === true),
    mayEvaluate: () => spentInTotal() - before < MOST_IN_A_DECISION,
  };
}
