/** What a decision looks up in a plan, made once for each plan. */
import type { Plan, PlannedGroup, PlannedStage } from '../plan/plan.ts';

export type PlanNode = { stage: PlannedStage } | { group: PlannedGroup };

export interface PlanIndex {
  /** Each after all that it waits for: a stage after its needs, a group after its members. */
  order: readonly PlanNode[];
  /** Stages and those of `finally`. */
  byName: ReadonlyMap<string, PlannedStage>;
  /** Stages whose failure is not the Run's: their own allowFailure, or that of a group around them. */
  allowed: ReadonlySet<string>;
  /** In written order, `finally` last. */
  position: ReadonlyMap<string, number>;
  total: number;
}

const indexes = new WeakMap<Plan, PlanIndex>();

export function indexOf(plan: Plan): PlanIndex {
  const known = indexes.get(plan);
  if (known !== undefined) return known;
  const index: PlanIndex = {
    order: sort(plan),
    byName: new Map([...plan.stages, ...plan.finally].map((stage) => [stage.name, stage])),
    allowed: allowedOf(plan),
    position: new Map([...plan.stages, ...plan.finally].map(({ name }, at) => [name, at])),
    total: plan.stages.length + plan.finally.length,
  };
  indexes.set(plan, index);
  return index;
}

function sort(plan: Plan): PlanNode[] {
  const nodes = new Map<string, { node: PlanNode; waits: number; before: string[] }>();
  const add = (name: string, node: PlanNode): void => void nodes.set(name, { node, waits: 0, before: [] });
  for (const group of plan.groups) add(group.name, { group });
  for (const stage of plan.stages) add(stage.name, { stage });
  for (const [name, entry] of nodes) {
    const waits = 'stage' in entry.node ? entry.node.stage.needs : entry.node.group.members;
    entry.waits = waits.length;
    for (const other of waits) nodes.get(other)?.before.push(name);
  }
  const ready = [...nodes.values()].filter((entry) => entry.waits === 0);
  // Grows while it is read. A circle, which the compiler refuses, is left out and never starts.
  for (const entry of ready) {
    for (const name of entry.before) {
      const next = nodes.get(name);
      if (next !== undefined && --next.waits === 0) ready.push(next);
    }
  }
  return ready.map(({ node }) => node);
}

function allowedOf(plan: Plan): Set<string> {
  const allowed = new Set<string>();
  // Groups stand before the groups within them.
  for (const { name, members, allowFailure } of plan.groups) {
    if (allowFailure || allowed.has(name)) for (const member of members) allowed.add(member);
  }
  for (const { name, allowFailure } of [...plan.stages, ...plan.finally]) {
    if (allowFailure) allowed.add(name);
  }
  return allowed;
}
