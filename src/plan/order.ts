/**
 * The order of stages: lists are in order, `needs` replaces "after the one before", members of `parallel` start with
 * their group, and a group ends when its members have.
 */
import type { Stage } from '../api/pipeline.ts';
import { MAX_GROUP_DEPTH, MAX_NEEDS, MAX_STAGES } from './bounds.ts';
import type { Path, Problems } from './diagnostics.ts';
import { didYouMean } from './did-you-mean.ts';
import { dnsLabelCure, isDnsLabel } from './names.ts';

/** A leaf or a group, where it stands. */
export interface Node {
  stage: Stage;
  path: Path;
  /** Its own and all its enclosing groups', the outermost first; checked to exist. */
  needs: string[];
  /** Enclosing groups, the outermost first. */
  groups: Node[];
  /** Of a group: its direct members' names. */
  members: string[] | undefined;
  /** Comes after the one before only because of the list's order. */
  implicit: string | undefined;
}

export interface Order {
  /** In written order; groups stand before their members. */
  nodes: Node[];
  byName: ReadonlyMap<string, Node>;
}

const GROUP_FIELDS = new Set([
  'name',
  'description',
  'needs',
  'when',
  'env',
  'allowFailure',
  'stages',
  'parallel',
]);

export function orderStages(stages: readonly Stage[], path: Path, problems: Problems): Order {
  const nodes: Node[] = [];
  const byName = new Map<string, Node>();
  collect(stages, path, true, [], { nodes, byName, problems });
  const leaves = nodes.filter((node) => node.members === undefined).length;
  if (leaves > MAX_STAGES) {
    problems.error('TooManyStages', path, `There are ${leaves} stages; at most ${MAX_STAGES} are allowed.`);
  }
  for (const node of nodes) resolveNeeds(node, byName, problems);
  return { nodes, byName };
}

interface Collected {
  nodes: Node[];
  byName: Map<string, Node>;
  problems: Problems;
}

function collect(
  stages: readonly Stage[],
  path: Path,
  inOrder: boolean,
  groups: Node[],
  into: Collected,
): void {
  let before: string | undefined;
  for (const [index, stage] of stages.entries()) {
    const here = [...path, index];
    const children = stage.stages ?? stage.parallel;
    const node: Node = {
      stage,
      path: here,
      needs: [],
      groups,
      members: children?.map((child) => child.name),
      implicit: inOrder && stage.needs === undefined ? before : undefined,
    };
    checkName(node, into);
    into.nodes.push(node);
    before = stage.name;
    if (children === undefined) {
      if (stage.steps === undefined || stage.steps.length === 0) {
        const message = `Stage '${stage.name}' does nothing: give it steps, or stages or parallel to make it a group.`;
        into.problems.error('EmptyStage', here, message);
      }
      continue;
    }
    checkGroup(node, children, into.problems);
    if (groups.length + 1 > MAX_GROUP_DEPTH) {
      into.problems.error(
        'TooDeep',
        here,
        `Groups nest more than ${MAX_GROUP_DEPTH} deep at '${stage.name}'.`,
      );
      continue;
    }
    const key = stage.stages === undefined ? 'parallel' : 'stages';
    collect(children, [...here, key], key === 'stages', [...groups, node], into);
  }
}

function checkName(node: Node, { byName, problems }: Collected): void {
  const { name } = node.stage;
  const path = [...node.path, 'name'];
  if (!isDnsLabel(name)) {
    problems.error('InvalidName', path, `'${name}' cannot be a stage's name. ${dnsLabelCure(name)}`);
  }
  if (byName.has(name)) problems.error('DuplicateName', path, duplicateName(name));
  else byName.set(name, node);
}

export function duplicateName(name: string): string {
  return `Two stages are named '${name}'; names are unique over the whole pipeline, groups and finally included.`;
}

function checkGroup({ stage, path }: Node, children: readonly Stage[], problems: Problems): void {
  if (stage.stages !== undefined && stage.parallel !== undefined) {
    const message = `Group '${stage.name}' has both stages and parallel: keep one (groups nest).`;
    problems.error('InvalidGroup', path, message);
  }
  if (children.length === 0) problems.error('EmptyGroup', path, `Group '${stage.name}' has no members.`);
  for (const [field, value] of Object.entries(stage)) {
    if (value === undefined || GROUP_FIELDS.has(field)) continue;
    const message = `'${field}' cannot be set on the group '${stage.name}': set it on its members, or in defaults.`;
    problems.error('InvalidGroup', [...path, field], message);
  }
}

function resolveNeeds(node: Node, byName: ReadonlyMap<string, Node>, problems: Problems): void {
  const { stage, path, groups, implicit } = node;
  const names = new Set<string>(groups.at(-1)?.needs);
  if (implicit !== undefined) names.add(implicit);
  const needs = stage.needs ?? [];
  if (needs.length > MAX_NEEDS) {
    const message = `'${stage.name}' needs ${needs.length} others, more than ${MAX_NEEDS}: put them in a group and need that.`;
    problems.error('TooManyNeeds', [...path, 'needs'], message);
  }
  for (const [index, need] of needs.slice(0, MAX_NEEDS).entries()) {
    if (byName.has(need)) {
      names.add(need);
      continue;
    }
    const known = problems.full ? [] : [...byName.keys()].filter((name) => name !== stage.name);
    const message = `'${stage.name}' needs '${need}', which is no stage or group before finally.${didYouMean(need, known)}`;
    problems.error('UnknownStage', [...path, 'needs', index], message);
  }
  node.needs = [...names];
}
