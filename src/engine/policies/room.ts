/** What keeps stages from starting that are due in themselves. */
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
}

export function roomOf({ input, stages }: Decider, index: PlanIndex, revision: string | undefined): Room {
  const active = [...stages.values()].filter(isActive);
  return {
    pods: input.config.maxPodsPerRun - active.length,
    revision,
    resolving: active.some(({ name }) => index.byName.get(name)?.checkout === true),
  };
}
