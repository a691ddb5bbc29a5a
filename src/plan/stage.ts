/** A leaf as written, with the defaults and its groups → a planned stage. */

import { MAIN_CONTAINER } from '../api/names.ts';
import type { Defaults, PipelineSpec, Stage } from '../api/pipeline.ts';
import {
  DEFAULT_FINALLY_TIMEOUT_SECONDS,
  DEFAULT_GRACE_SECONDS,
  MAX_GRACE_SECONDS,
  MAX_OUTPUTS,
  MAX_STAGE_BYTES,
} from './bounds.ts';
import type { Path } from './diagnostics.ts';
import type { StepLibrary } from './manifest.ts';
import { isOutputName } from './names.ts';
import type { Node } from './order.ts';
import type { PlannedStage, PlannedStep } from './plan.ts';
import { checkResources, planContainers, planServices } from './pod-parts.ts';
import { type Site, STEP_ROOTS } from './site.ts';
import { planSteps, type StepContext } from './steps.ts';
import { seconds, stageRetries } from './times.ts';

export interface StageInput {
  node: Node;
  spec: PipelineSpec;
  /** Without what is wrong in them: that is said once, where they are written. */
  defaults: Defaults;
  library: StepLibrary;
  site: Site;
  finally: boolean;
}

export function planStage(input: StageInput): PlannedStage {
  const { node, spec, defaults, library, site } = input;
  const { stage, path, groups } = node;
  const { problems } = site;
  const env = { ...spec.env, ...defaults.env };
  for (const group of groups) Object.assign(env, group.stage.env);
  Object.assign(env, site.env(stage.env, [...path, 'env']));
  if (stage.when !== undefined) site.condition(stage.when, [...path, 'when']);
  checkStrings(stage, path, site);
  const written = stage.image ?? defaults.image;
  const shell = stage.shell ?? defaults.shell ?? 'Image';
  const containers = planContainers({ ...stage, shell }, path, site);
  const context: StepContext = {
    library,
    containers: [...(written === undefined ? [] : [MAIN_CONTAINER]), ...containers.map(({ name }) => name)],
    ids: new Set(),
    variables: new Set(Object.keys(env)),
    count: 0,
    usesImage: false,
  };
  const steps = planStageSteps(input, context);
  if (context.usesImage && written === undefined) {
    const message = `Stage '${stage.name}' has steps that run in a container, and no image: set image on it, or defaults.image.`;
    problems.error('MissingImage', path, message);
  }
  const planned: PlannedStage = {
    name: stage.name,
    needs: node.needs,
    when: [...groups.map((group) => group.stage.when), stage.when].filter((when) => when !== undefined),
    allowFailure: stage.allowFailure ?? false,
    env,
    shell,
    containers,
    services: planServices(stage, path, site),
    securityContext: { ...defaults.securityContext, ...stage.securityContext },
    checkout: spec.source !== undefined && (stage.checkout ?? true),
    ...steps,
    outputs: planOutputs(stage, path, context, site),
    graceSeconds:
      seconds(stage.gracePeriod, [...path, 'gracePeriod'], problems, 0, MAX_GRACE_SECONDS) ??
      seconds(defaults.gracePeriod, [], problems, 0, MAX_GRACE_SECONDS) ??
      DEFAULT_GRACE_SECONDS,
    retries: stageRetries(stage.retries, defaults.retries, [...path, 'retries'], problems),
  };
  if (written !== undefined && (context.usesImage || stage.image !== undefined)) planned.image = written;
  setOptional(planned, input);
  checkSize(planned, path, site);
  return planned;
}

/** Fields that may be absent, the stage's own before the defaults'. */
function setOptional(planned: PlannedStage, { node, defaults, site, finally: last }: StageInput): void {
  const { stage, path } = node;
  const resources = stage.resources ?? defaults.resources;
  if (resources !== undefined) planned.resources = resources;
  const account = stage.serviceAccountName ?? defaults.serviceAccountName;
  if (account !== undefined) planned.serviceAccountName = account;
  const template = stage.podTemplate ?? defaults.podTemplate;
  if (template !== undefined) planned.podTemplate = template;
  const timeout =
    seconds(stage.timeout, [...path, 'timeout'], site.problems) ??
    seconds(defaults.timeout, [], site.problems) ??
    (last ? DEFAULT_FINALLY_TIMEOUT_SECONDS : undefined);
  if (timeout !== undefined) planned.timeoutSeconds = timeout;
}

function checkStrings(stage: Stage, path: Path, site: Site): void {
  site.json(stage.image, [...path, 'image']);
  if (stage.image === '') site.problems.error('MissingImage', [...path, 'image'], 'The image is empty.');
  checkResources(stage.resources, [...path, 'resources'], site);
  site.json(stage.serviceAccountName, [...path, 'serviceAccountName']);
  site.json(stage.podTemplate, [...path, 'podTemplate']);
}

function planStageSteps(
  { node: { stage, path }, site }: StageInput,
  context: StepContext,
): Pick<PlannedStage, 'steps' | 'post'> {
  const late = site.with({ roots: STEP_ROOTS, steps: context.ids, env: context.variables });
  const post: PlannedStage['post'] = { always: [], success: [], failure: [] };
  const steps = planSteps(stage.steps, [...path, 'steps'], context, late);
  for (const when of ['always', 'success', 'failure'] as const) {
    post[when] = planSteps(stage.post?.[when], [...path, 'post', when], context, late);
  }
  return { steps, post };
}

function planOutputs(stage: Stage, path: Path, context: StepContext, site: Site): Record<string, string> {
  const here = site.with({ roots: STEP_ROOTS, steps: context.ids, env: context.variables });
  const outputs = Object.entries(stage.outputs ?? {});
  if (outputs.length > MAX_OUTPUTS) {
    const message = `The stage has ${outputs.length} outputs; at most ${MAX_OUTPUTS} are allowed.`;
    site.problems.error('TooManyOutputs', [...path, 'outputs'], message);
  }
  for (const [name, template] of outputs) {
    if (!isOutputName(name)) {
      const message = `'${name}' cannot be an output's name: use letters, digits and _, not a digit first, at most 63.`;
      site.problems.error('InvalidName', [...path, 'outputs', name], message);
    }
    here.text(template, [...path, 'outputs', name]);
  }
  return Object.fromEntries(outputs);
}

function checkSize(planned: PlannedStage, path: Path, { problems }: Site): void {
  // A value that nests without end cannot even be measured; that it does has been said.
  if (problems.errors > 0 || roughSize(planned) < MAX_STAGE_BYTES / 4) return;
  const bytes = Buffer.byteLength(JSON.stringify(planned));
  if (bytes <= MAX_STAGE_BYTES) return;
  const kib = Math.ceil(bytes / 1024);
  const message = `Stage '${planned.name}' takes ${kib} KiB; at most ${MAX_STAGE_BYTES / 1024} are allowed. Keep long scripts in files of the repository.`;
  problems.error('TooLarge', path, message);
}

/** Only scripts can be so long that a stage must be measured in full. */
function roughSize(planned: PlannedStage): number {
  const all: PlannedStep[] = [...planned.steps, ...Object.values(planned.post).flat()];
  let size = planned.podTemplate === undefined ? 0 : MAX_STAGE_BYTES;
  for (const step of all) {
    all.push(...(step.block ?? []));
    for (const value of Object.values(step.parameters))
      size += typeof value === 'string' ? value.length : 1024;
    for (const value of Object.values(step.env)) size += value.length;
  }
  for (const value of Object.values(planned.env)) size += value.length;
  return size;
}
