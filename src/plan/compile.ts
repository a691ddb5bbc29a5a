/** A Pipeline's spec → a Plan: checked in full, flattened, normalised. Pure and deterministic. */
import type { Defaults, PipelineSpec } from '../api/pipeline.ts';
import { DEFAULT_TIMEOUT_SECONDS, MAX_GRACE_SECONDS, MAX_PLAN_BYTES } from './bounds.ts';
import { type Declared, type StageSight, TypeChecker } from './declared.ts';
import { type Diagnostic, Problems } from './diagnostics.ts';
import { didYouMean } from './did-you-mean.ts';
import { Ancestors, findCycles } from './graph.ts';
import type { StepLibrary } from './manifest.ts';
import { isSecretName } from './names.ts';
import { duplicateName, type Node, type Order, orderStages } from './order.ts';
import { checkParams } from './params.ts';
import type { Plan, PlannedGroup, PlannedSource, PlannedStage } from './plan.ts';
import { checkResources } from './pod-parts.ts';
import { PIPELINE_ROOTS, Site, STAGE_ROOTS } from './site.ts';
import { planStage } from './stage.ts';
import { seconds, stageRetries } from './times.ts';

export interface CompileOptions {
  /** Of the Pipeline. */
  name: string;
  library: StepLibrary;
}

export type Compilation = { plan: Plan; warnings: Diagnostic[] } | { errors: Diagnostic[] };

/** All errors, not the first; `errors` holds the warnings too. */
export function compile(spec: PipelineSpec, { name, library }: CompileOptions): Compilation {
  const problems = new Problems();
  const params = checkParams(spec.params ?? [], ['spec', 'params'], problems);
  const types = new TypeChecker(params);
  const roots = PIPELINE_ROOTS;
  const declared: Declared = { types, roots, params: params.map((param) => param.name), result: false };
  const pipeline = new Site(declared, problems);
  const source = planSource(spec, pipeline);
  pipeline.env(spec.env, ['spec', 'env']);
  const defaults = checkDefaults(spec.defaults ?? {}, pipeline);
  const order = orderStages(spec.stages, ['spec', 'stages'], problems);
  if (spec.stages.length === 0)
    problems.error('EmptyPipeline', ['spec', 'stages'], 'The pipeline has no stages.');
  const cycles = findCycles(order);
  reportCycles(cycles, order, problems);
  const sight = stageSight(order, cycles.length > 0, problems);
  const site = (node: Node): Site =>
    pipeline.with({ roots: STAGE_ROOTS, stage: (other) => sight(other, node.stage.name) });
  const leaves = order.nodes.filter((node) => node.members === undefined);
  for (const group of order.nodes) if (group.members !== undefined) checkGroupStrings(group, site(group));
  const measured = planSize(problems);
  const stages = leaves.map((node) =>
    measured(planStage({ node, spec, defaults, library, site: site(node), finally: false })),
  );
  const last = planFinally({ spec, defaults, library, site: pipeline, order }).map(measured);
  const timeoutSeconds = seconds(spec.timeout, ['spec', 'timeout'], problems) ?? DEFAULT_TIMEOUT_SECONDS;
  const groups = measured(order.nodes.flatMap((node) => planGroup(node) ?? []));
  measured([params, source]);
  const plan: Plan = { version: 1, pipeline: name, params, timeoutSeconds, stages, groups, finally: last };
  if (source !== undefined) plan.source = source;
  return problems.errors > 0 ? { errors: problems.list } : { plan, warnings: problems.list };
}

function planSource({ source }: PipelineSpec, site: Site): PlannedSource | undefined {
  if (source === undefined) return undefined;
  const { url, ref, depth, submodules, credentials } = source.git;
  const path = ['spec', 'source', 'git'];
  // The source cannot be made from itself.
  const here = site.with({ roots: PIPELINE_ROOTS.filter((root) => root !== 'source') });
  here.text(url, [...path, 'url']);
  if (url.trim() === '') site.problems.error('MissingUrl', [...path, 'url'], 'The url is empty.');
  const planned: PlannedSource = { url, submodules: submodules ?? false };
  if (ref !== undefined) {
    here.text(ref, [...path, 'ref']);
    planned.ref = ref;
  }
  if (depth !== undefined) planned.depth = depth;
  if (credentials !== undefined) {
    if (!isSecretName(credentials)) {
      const message = `'${credentials}' cannot be the name of a Secret.`;
      site.problems.error('InvalidName', [...path, 'credentials'], message);
    }
    planned.credentials = credentials;
  }
  return planned;
}

/** Checks them where they are written; gives them back without those that are wrong, so that it is said once. */
function checkDefaults(defaults: Defaults, site: Site): Defaults {
  const path = ['spec', 'defaults'];
  const { problems } = site;
  const checked = { ...defaults };
  const before = problems.errors;
  site.json(defaults.image, [...path, 'image']);
  site.env(defaults.env, [...path, 'env']);
  checkResources(defaults.resources, [...path, 'resources'], site);
  site.json(defaults.serviceAccountName, [...path, 'serviceAccountName']);
  site.json(defaults.podTemplate, [...path, 'podTemplate']);
  seconds(defaults.timeout, [...path, 'timeout'], problems);
  seconds(defaults.gracePeriod, [...path, 'gracePeriod'], problems, 0, MAX_GRACE_SECONDS);
  stageRetries(defaults.retries, undefined, [...path, 'retries'], problems);
  if (problems.errors > before) {
    delete checked.timeout;
    delete checked.gracePeriod;
    delete checked.retries;
  }
  return checked;
}

function reportCycles(cycles: readonly string[][], { byName }: Order, problems: Problems): void {
  for (const cycle of cycles) {
    const node = cycle.map((name) => byName.get(name)).find((node) => node?.stage.needs !== undefined);
    const here = node ?? byName.get(cycle[0] ?? '');
    if (here === undefined) continue;
    const shown = cycle.length > 12 ? [...cycle.slice(0, 11), '…'] : cycle;
    const round = [...shown, cycle[0]].map((name) => `'${name}'`).join(' → ');
    const listed = cycle
      .map((name) => byName.get(name))
      .find((node) => node?.implicit !== undefined && cycle.includes(node.implicit));
    const cure =
      listed === undefined
        ? 'Remove one of these needs.'
        : `Remove one of these needs; '${listed.stage.name}' waits for '${listed.implicit}' because it stands after it: needs: [] ends that.`;
    const path = here.stage.needs === undefined ? here.path : [...here.path, 'needs'];
    problems.error('Cycle', path, `These wait for each other: ${round}. ${cure}`);
  }
}

/** What a stage may know of another: outputs of those that have always ended before it. */
function stageSight(
  order: Order,
  cyclic: boolean,
  problems: Problems,
): (other: string, from: string) => StageSight {
  const ancestors = new Ancestors(order);
  return (other, from) => {
    const node = order.byName.get(other);
    if (node === undefined) {
      const leaves = order.nodes
        .filter(({ members }) => members === undefined)
        .map(({ stage }) => stage.name);
      return { problem: `There is no stage '${other}'.${problems.full ? '' : didYouMean(other, leaves)}` };
    }
    if (node.members !== undefined) {
      return { problem: `'${other}' is a group, and has no outputs: name one of its stages.` };
    }
    // In a circle nobody comes before; that has been said already.
    if (cyclic || ancestors.isAncestor(other, from))
      return { outputs: Object.keys(node.stage.outputs ?? {}) };
    const self = other === from ? 'itself' : `'${other}'`;
    const cure = other === from ? '' : ` Add it to its needs.`;
    return {
      problem: `'${from}' cannot know ${self}: it has not always ended when '${from}' starts.${cure}`,
    };
  };
}

function checkGroupStrings({ stage, path }: Node, site: Site): void {
  site.env(stage.env, [...path, 'env']);
  if (stage.when !== undefined) site.condition(stage.when, [...path, 'when']);
}

function planGroup({ stage, members }: Node): PlannedGroup | undefined {
  return members && { name: stage.name, members, allowFailure: stage.allowFailure ?? false };
}

interface FinallyInput {
  spec: PipelineSpec;
  defaults: Defaults;
  library: StepLibrary;
  site: Site;
  order: Order;
}

/** In order, whatever happened: no needs, no groups; they see every stage and the Run's result. */
function planFinally({ spec, defaults, library, site, order }: FinallyInput): PlannedStage[] {
  const { problems } = site;
  const all = orderStages(spec.finally ?? [], ['spec', 'finally'], problems);
  const before = new Map(
    order.nodes.filter(({ members }) => members === undefined).map((node) => [node.stage.name, node]),
  );
  const planned: PlannedStage[] = [];
  for (const node of all.nodes) {
    const { stage, path } = node;
    if (order.byName.has(stage.name))
      problems.error('DuplicateName', [...path, 'name'], duplicateName(stage.name));
    if (node.members !== undefined) {
      problems.error(
        'InvalidFinally',
        path,
        `Groups cannot be in finally: its stages run in order, one by one.`,
      );
      continue;
    }
    if (stage.needs !== undefined) {
      problems.error(
        'InvalidFinally',
        [...path, 'needs'],
        'Stages in finally run in order and have no needs.',
      );
    }
    if (node.groups.length > 0) continue;
    const here = site.with({
      roots: STAGE_ROOTS,
      result: true,
      stage: (other) => finallySight(other, before),
    });
    planned.push(
      planStage({ node: { ...node, needs: [] }, spec, defaults, library, site: here, finally: true }),
    );
    before.set(stage.name, node);
  }
  return planned;
}

function finallySight(other: string, known: ReadonlyMap<string, Node>): StageSight {
  const node = known.get(other);
  if (node !== undefined) return { outputs: Object.keys(node.stage.outputs ?? {}) };
  return { problem: `There is no stage '${other}' before this one.${didYouMean(other, known.keys())}` };
}

/**
 * Adds up what the plan's parts take, part by part as they are made: env or a podTemplate that all 2,000 stages share
 * comes to more than memory. After an error nothing is measured.
 */
function planSize(problems: Problems): <T>(part: T) => T {
  let bytes = 0;
  return (part) => {
    if (problems.errors > 0) return part;
    bytes += Buffer.byteLength(JSON.stringify(part)) + 1;
    if (bytes > MAX_PLAN_BYTES) {
      const message = `The plan takes more than ${MAX_PLAN_BYTES / 1024} KiB: what env, defaults and groups say counts for each stage. Keep long scripts in files of the repository.`;
      problems.error('TooLarge', ['spec'], message);
    }
    return part;
  };
}
