/** What the runner is told, as JSON in its environment. */
import { MAIN_CONTAINER } from '../../api/names.ts';
import type { Json } from '../../api/pipeline.ts';
import { paramVariable } from '../../plan/names.ts';
import type { PlannedStep, StageInstance } from '../../plan/plan.ts';
import {
  CREDENTIALS_PATH,
  HOME_PATH,
  INSTRUCTIONS_CHUNK_BYTES,
  IO_PATH,
  TOKEN_FILE,
  WORKSPACE_PATH,
} from '../../runner/pod-contract.ts';
import type { Instructions, StepInstruction } from '../../runner/protocol.ts';
import type { PodConfig } from '../config.ts';
import type { StageAttempt } from './build-pod.ts';
import { kubeResources } from './container-fields.ts';
import { userContainerNames } from './volumes.ts';

export function instructions(stage: StageAttempt, config: PodConfig): Instructions {
  const { instance, run } = stage;
  return {
    version: 1,
    namespace: run.metadata.namespace ?? 'default',
    run: run.metadata.name ?? '',
    runUID: run.metadata.uid ?? '',
    pipeline: stage.pipeline,
    stage: instance.name,
    attempt: stage.attempt,
    ...(stage.report === undefined ? {} : { report: { ...stage.report, tokenFile: TOKEN_FILE } }),
    workspace: WORKSPACE_PATH,
    io: IO_PATH,
    credentials: CREDENTIALS_PATH,
    home: HOME_PATH,
    ...(instance.timeoutSeconds === undefined ? {} : { timeoutSeconds: instance.timeoutSeconds }),
    graceSeconds: instance.graceSeconds,
    postSeconds: config.postSeconds,
    env: stepEnvironment(stage),
    ...(instance.checkout && instance.source !== undefined ? { checkout: instance.source } : {}),
    containers: userContainerNames(instance),
    ...memoryLimits(instance, config),
    steps: instance.steps.map(step),
    post: {
      always: instance.post.always.map(step),
      success: instance.post.success.map(step),
      failure: instance.post.failure.map(step),
    },
    outputs: instance.outputs,
    scope: instance.scope,
    limits: { logBytes: config.logBytes, outputsBytes: config.outputsBytes },
  };
}

/** Told when a container runs out of memory. */
function memoryLimits(
  { image, resources, containers }: StageInstance,
  { defaultResources }: PodConfig,
): Pick<Instructions, 'memoryLimits'> {
  const main = image === undefined ? [] : [{ name: MAIN_CONTAINER, ...(resources && { resources }) }];
  const limits = [...main, ...containers].flatMap((container) => {
    const limit = kubeResources(container.resources, defaultResources).limits?.['memory'];
    return limit === undefined ? [] : [[container.name, limit] as const];
  });
  return limits.length === 0 ? {} : { memoryLimits: Object.fromEntries(limits) };
}

function step(planned: PlannedStep): StepInstruction {
  const { label, block, ...rest } = planned;
  return {
    ...rest,
    name: label ?? firstLine(planned),
    ...(block === undefined ? {} : { block: block.map(step) }),
  };
}

/** A script without a label is known by its first line, as in other CI systems. */
function firstLine(planned: PlannedStep): string {
  const script = planned.parameters['script'];
  if (typeof script !== 'string') return planned.symbol;
  const line = script.split('\n').find((candidate) => candidate.trim() !== '' && !candidate.startsWith('#!'));
  const text = (line ?? '').trim();
  if (text === '') return planned.symbol;
  return text.length > 60 ? `${text.slice(0, 57).replace(/[\ud800-\udbff]$/, '')}...` : text;
}

/** A volume's folder belongs to root, and git works only in what its user owns, or is told to trust. */
const GIT_TRUST: Readonly<Record<string, string>> = {
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: 'safe.directory',
  GIT_CONFIG_VALUE_0: WORKSPACE_PATH,
};

/** Parameters first, so that a stage's own env goes before them; Otto's own names cannot be taken. */
function stepEnvironment(stage: StageAttempt): Record<string, string> {
  const { instance, run } = stage;
  const { params, source } = instance.scope;
  const given: Record<string, string> = { ...GIT_TRUST };
  for (const [name, value] of Object.entries(params)) given[paramVariable(name)] = asText(value);
  const own: Record<string, string> = {
    CI: 'true',
    OTTO_RUN: run.metadata.name ?? '',
    OTTO_NAMESPACE: run.metadata.namespace ?? 'default',
    OTTO_PIPELINE: stage.pipeline,
    OTTO_STAGE: instance.name,
    OTTO_ATTEMPT: String(stage.attempt),
    OTTO_WORKSPACE: WORKSPACE_PATH,
    OTTO_REVISION: source.revision,
    OTTO_BRANCH: source.branch,
    OTTO_TAG: source.tag,
    OTTO_RUN_RESULT: instance.scope.run.result,
  };
  const known = Object.entries(own).filter(([name, value]) => value !== '' || name === 'OTTO_RUN');
  const users = Object.entries(instance.env).filter(([name]) => !name.startsWith('OTTO_'));
  return { ...given, ...Object.fromEntries(users), ...Object.fromEntries(known) };
}

function asText(value: Json): string {
  if (typeof value === 'string') return value;
  return value === null ? '' : JSON.stringify(value);
}

/** Cut on bytes of UTF-8 without cutting a character. */
export function chunks(text: string): string[] {
  const bytes = Buffer.from(text, 'utf8');
  const parts: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    let end = Math.min(start + INSTRUCTIONS_CHUNK_BYTES, bytes.length);
    // A continuation byte starts with the bits 10.
    while (end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
    parts.push(bytes.toString('utf8', start, end));
    start = end;
  }
  return parts;
}
