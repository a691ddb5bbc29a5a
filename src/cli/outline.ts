/** The stages of a Run as a tree: groups and what has not started yet from the plan, the rest from the status. Pure. */
import type { PipelineSpec, Stage } from '../api/pipeline.ts';
import type { RunResult, RunStatus, StageStatus } from '../api/run.ts';
import type { Plan } from '../plan/plan.ts';
import { stateOfStage } from './run-state.ts';

/** What a Pipeline says of a stage or group, without what has happened to it. */
export interface Shape {
  name: string;
  kind: 'stage' | 'group' | 'finally';
  /** Stages or groups that it waits for. */
  needs: readonly string[];
  allowFailure: boolean;
  members: readonly Shape[];
}

export interface OutlineNode extends Omit<Shape, 'members'> {
  members: readonly OutlineNode[];
  /** Of a group: derived from its members'. */
  state: string;
  status?: StageStatus;
}

/** The frozen plan is flat; its groups name their members. */
export function shapesOfPlan(plan: Plan): Shape[] {
  const groups = new Map(plan.groups.map((group) => [group.name, group]));
  const stages = new Map(plan.stages.map((stage) => [stage.name, stage]));
  const inner = new Set(plan.groups.flatMap(({ members }) => members));
  const shape = (name: string): Shape[] => {
    const group = groups.get(name);
    if (group !== undefined) {
      const members = group.members.flatMap(shape);
      return [{ name, kind: 'group', needs: [], allowFailure: group.allowFailure, members }];
    }
    const stage = stages.get(name);
    if (stage === undefined) return [];
    return [{ name, kind: 'stage', needs: stage.needs, allowFailure: stage.allowFailure, members: [] }];
  };
  // A group stands where its first stage was written.
  const placed = new Set<string>();
  const top = [...plan.stages.map(({ name }) => topOf(name, plan)), ...groups.keys()].filter((name) => {
    if (placed.has(name) || inner.has(name)) return false;
    placed.add(name);
    return true;
  });
  const last = plan.finally.map(
    ({ name, allowFailure }): Shape => ({ name, kind: 'finally', needs: [], allowFailure, members: [] }),
  );
  return [...top.flatMap(shape), ...last];
}

function topOf(name: string, plan: Plan): string {
  const around = plan.groups.find(({ members }) => members.includes(name));
  return around === undefined ? name : topOf(around.name, plan);
}

export function shapesOfSpec(spec: PipelineSpec): Shape[] {
  const last = (spec.finally ?? []).map((stage): Shape => ({ ...leaf(stage, undefined), kind: 'finally' }));
  return [...inList(spec.stages, true), ...last];
}

function inList(stages: readonly Stage[], inOrder: boolean): Shape[] {
  return stages.map((stage, i): Shape => {
    const shape = leaf(stage, inOrder ? stages[i - 1]?.name : undefined);
    const inner = stage.stages ?? stage.parallel;
    if (inner === undefined) return shape;
    return { ...shape, kind: 'group', members: inList(inner, stage.parallel === undefined) };
  });
}

function leaf({ name, needs, allowFailure = false }: Stage, before: string | undefined): Shape {
  const after = before === undefined ? [] : [before];
  return { name, kind: 'stage', needs: needs ?? after, allowFailure, members: [] };
}

/** Stages that the shapes do not know (the Pipeline was edited since) come last. */
export function outlineOf(shapes: readonly Shape[], status: RunStatus | undefined): OutlineNode[] {
  const known = new Map((status?.stages ?? []).map((stage) => [stage.name, stage]));
  const outline = shapes.map((shape) => withStatus(shape, known));
  for (const stage of known.values()) {
    const shape: Shape = { name: stage.name, kind: 'stage', needs: [], allowFailure: false, members: [] };
    outline.push(withStatus(shape, new Map([[stage.name, stage]])));
  }
  return outline;
}

/** Takes what it finds out of `known`. */
function withStatus(shape: Shape, known: Map<string, StageStatus>): OutlineNode {
  const members = shape.members.map((member) => withStatus(member, known));
  if (shape.kind === 'group') return { ...shape, members, state: stateOfGroup(members) };
  const status = known.get(shape.name);
  known.delete(shape.name);
  const state = status === undefined ? 'Waiting' : stateOfStage(status);
  return { ...shape, members, state, ...(status === undefined ? {} : { status }) };
}

const WORST_FIRST = ['Lost', 'Failed', 'TimedOut', 'Aborted', 'Cancelled', 'Unstable', 'Succeeded'];
const ENDED = new Set([...WORST_FIRST, 'Skipped']);

function stateOfGroup(members: readonly OutlineNode[]): string {
  if (members.every(({ state }) => state === 'Waiting')) return 'Waiting';
  if (!members.every(({ state }) => ENDED.has(state))) return 'Running';
  const counted = members.filter(({ allowFailure }) => !allowFailure).map(({ state }) => state);
  const worst = WORST_FIRST.find((state) => counted.includes(state));
  if (worst !== undefined) return worst;
  return members.every(({ state }) => state === 'Skipped') ? 'Skipped' : 'Succeeded';
}

/** All stages, groups left out, in written order. */
export function stagesOf(outline: readonly OutlineNode[]): OutlineNode[] {
  return outline.flatMap((node) => (node.kind === 'group' ? stagesOf(node.members) : [node]));
}

/** The first stage that is to blame for the Run's result; undefined where none is. */
export function firstCause(
  outline: readonly OutlineNode[],
  result: RunResult | undefined,
): StageStatus | undefined {
  if (result === undefined || result === 'Succeeded') return undefined;
  const counted = stagesOf(outline).filter(({ allowFailure }) => !allowFailure);
  return (counted.find(({ state }) => state === result) ?? counted.find(({ state }) => state === 'Failed'))
    ?.status;
}

/** What a waiting stage waits for: the needs that have not ended. */
export function waitsFor(node: OutlineNode, outline: readonly OutlineNode[]): string[] {
  const states = new Map(everything(outline).map(({ name, state }) => [name, state]));
  return node.needs.filter((name) => !ENDED.has(states.get(name) ?? 'Waiting'));
}

function everything(outline: readonly OutlineNode[]): OutlineNode[] {
  return outline.flatMap((node) => [node, ...everything(node.members)]);
}
