/** A planned stage and what is known now → all that its pod needs. The same input gives the same instance. */
import type { Json, Resources, Service } from '../api/pipeline.ts';
import { MAX_STAGE_BYTES } from './bounds.ts';
import { withBudget } from './cel-budget.ts';
import {
  ExpressionError,
  escapeTemplate,
  evaluateCondition,
  isLateTemplate,
  isTemplate,
  renderTemplate,
  renderValue,
} from './expression.ts';
import { isSecretName } from './names.ts';
import { neededScope } from './needed-scope.ts';
import type { Plan, PlannedSource, PlannedStage, PlannedStep, Scope, StageInstance } from './plan.ts';

export type Instantiation = { instance: StageInstance } | { error: string };

/** Linux refuses a longer string in a program's environment (MAX_ARG_STRLEN, E2BIG). */
const MAX_VARIABLE_BYTES = 128 * 1024 - 256;

/** Whether all conditions hold, the enclosing groups' first. A condition that fails to evaluate is an error. */
export function evaluateWhen(stage: PlannedStage, scope: Scope): boolean | { error: string } {
  try {
    return withBudget(() => stage.when.every((condition) => evaluateCondition(condition, scope)));
  } catch (error) {
    return { error: `when of stage '${stage.name}': ${messageOf(error)}` };
  }
}

/** The checkout's url and ref with their expressions filled in. Throws ExpressionError. */
export function renderSource(source: PlannedSource, scope: Scope): PlannedSource {
  return withBudget(() => {
    const rendered: PlannedSource = { ...source, url: renderTemplate(source.url, scope) };
    if (source.ref !== undefined) rendered.ref = renderTemplate(source.ref, scope);
    return rendered;
  });
}

export function instantiate(plan: Plan, stage: PlannedStage, scope: Scope): Instantiation {
  try {
    const instance = withBudget(() => build(plan, stage, scope));
    const problem = findProblem(instance);
    return problem === undefined ? { instance } : { error: `Stage '${stage.name}': ${problem}` };
  } catch (error) {
    return { error: `Stage '${stage.name}': ${messageOf(error)}` };
  }
}

function build(plan: Plan, stage: PlannedStage, given: Scope): StageInstance {
  const { needs: _needs, when: _when, allowFailure: _allowFailure, retries: _retries, ...rest } = stage;
  const source = plan.source && renderSource(plan.source, given);
  const scope = source === undefined ? given : { ...given, source: { ...given.source, url: source.url } };
  const steps = (list: PlannedStep[]): PlannedStep[] => list.map((step) => fillStep(step, scope));
  const instance: StageInstance = {
    ...rest,
    env: fillMap(stage.env, scope),
    containers: stage.containers.map((container) => ({
      ...container,
      image: renderTemplate(container.image, scope),
      env: fillMap(container.env, scope),
      ...(container.resources && { resources: fillResources(container.resources, scope) }),
    })),
    services: stage.services.map((service) => fillService(service, scope)),
    steps: steps(stage.steps),
    post: {
      always: steps(stage.post.always),
      success: steps(stage.post.success),
      failure: steps(stage.post.failure),
    },
    outputs: mapValues(stage.outputs, (text) => fillLate(text, scope)),
    credentials: [],
    scope,
  };
  if (stage.image !== undefined) instance.image = renderTemplate(stage.image, scope);
  if (stage.resources !== undefined) instance.resources = fillResources(stage.resources, scope);
  if (stage.serviceAccountName !== undefined) {
    instance.serviceAccountName = renderTemplate(stage.serviceAccountName, scope);
  }
  if (stage.podTemplate !== undefined) {
    instance.podTemplate = mapValues(stage.podTemplate, (value) => fillJson(value, scope));
  }
  if (source !== undefined && stage.checkout) {
    const { revision } = scope.source;
    instance.source = revision === '' ? source : { ...source, revision };
  }
  instance.credentials = secretsOf(instance);
  instance.scope = neededScope(instance, scope);
  return instance;
}

/** Strings that the pod itself needs: final. */
function fillJson(value: Json, scope: Scope): Json {
  if (typeof value === 'string') return renderTemplate(value, scope);
  if (Array.isArray(value)) return value.map((item) => fillJson(item, scope));
  if (typeof value === 'object' && value !== null) return mapValues(value, (item) => fillJson(item, scope));
  return value;
}

function fillMap(map: Record<string, string>, scope: Scope): Record<string, string> {
  return mapValues(map, (text) => renderTemplate(text, scope));
}

function fillResources({ requests, limits }: Resources, scope: Scope): Resources {
  const fill = (amount: string | number): string | number =>
    typeof amount === 'string' ? renderTemplate(amount, scope) : amount;
  const filled: Resources = {};
  if (requests !== undefined) filled.requests = mapValues(requests, fill);
  if (limits !== undefined) filled.limits = mapValues(limits, fill);
  return filled;
}

function fillService(service: Service, scope: Scope): Service {
  const filled: Service = { ...service, image: renderTemplate(service.image, scope) };
  const list = (texts: string[]): string[] => texts.map((text) => renderTemplate(text, scope));
  if (service.command !== undefined) filled.command = list(service.command);
  if (service.args !== undefined) filled.args = list(service.args);
  if (service.env !== undefined) filled.env = fillMap(service.env, scope);
  if (service.resources !== undefined) filled.resources = fillResources(service.resources, scope);
  if (service.ready?.exec !== undefined) filled.ready = { ...service.ready, exec: list(service.ready.exec) };
  return filled;
}

/** Strings of the runner's: templates still. */
function fillStep(step: PlannedStep, scope: Scope): PlannedStep {
  const { typed = [], credentials: _credentials, ...rest } = step;
  const filled: PlannedStep = {
    ...rest,
    parameters: {},
    env: mapValues(step.env, (text) => fillLate(text, scope)),
  };
  for (const [name, value] of Object.entries(step.parameters)) {
    const keepsType = typed.includes(name) && typeof value === 'string';
    filled.parameters[name] = keepsType ? escapeJson(renderValue(value, scope)) : fillLateJson(value, scope);
  }
  if (step.credentials !== undefined) filled.credentials = step.credentials;
  if (step.label !== undefined) filled.label = fillLate(step.label, scope);
  if (step.block !== undefined) filled.block = step.block.map((inner) => fillStep(inner, scope));
  return filled;
}

function fillLate(text: string, scope: Scope): string {
  return !isTemplate(text) || isLateTemplate(text) ? text : escapeTemplate(renderTemplate(text, scope));
}

function fillLateJson(value: Json, scope: Scope): Json {
  if (typeof value === 'string') return fillLate(value, scope);
  if (Array.isArray(value)) return value.map((item) => fillLateJson(item, scope));
  if (typeof value === 'object' && value !== null)
    return mapValues(value, (item) => fillLateJson(item, scope));
  return value;
}

function escapeJson(value: Json): Json {
  if (typeof value === 'string') return escapeTemplate(value);
  return Array.isArray(value) ? value.map(escapeJson) : value;
}

function secretsOf(instance: StageInstance): string[] {
  const names = new Set<string>();
  if (instance.source?.credentials !== undefined) names.add(instance.source.credentials);
  const todo = [...instance.steps, ...Object.values(instance.post).flat()];
  for (const step of todo) {
    todo.push(...(step.block ?? []));
    for (const parameter of step.credentials ?? []) {
      const name = step.parameters[parameter];
      if (typeof name === 'string') names.add(name);
    }
  }
  return [...names].sort();
}

/** What only shows once values are filled in. */
function findProblem(instance: StageInstance): string | undefined {
  const images = [
    instance.image,
    ...instance.containers.map(({ image }) => image),
    ...instance.services.map(({ image }) => image),
  ];
  for (const image of images) {
    if (image !== undefined && !/^\S+$/.test(image)) return `'${image.slice(0, 100)}' cannot be an image.`;
  }
  const secret = instance.credentials.find((name) => !isSecretName(name));
  if (secret !== undefined) return `'${secret.slice(0, 100)}' cannot be the name of a Secret.`;
  const containers = [...instance.containers, ...instance.services];
  for (const env of [
    instance.env,
    instance.scope.params,
    ...containers.map((container) => container.env ?? {}),
  ]) {
    for (const [name, value] of Object.entries(env)) {
      const problem = variableProblem(value);
      if (problem !== undefined) return `the value of '${name}' ${problem}`;
    }
  }
  const bytes = Buffer.byteLength(JSON.stringify(instance));
  if (bytes <= MAX_STAGE_BYTES) return undefined;
  return `its instructions take ${Math.ceil(bytes / 1024)} KiB with all values filled in; at most ${MAX_STAGE_BYTES / 1024} fit.`;
}

function variableProblem(value: Json): string | undefined {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text.includes('\0')) return 'has a NUL character, which no environment variable can hold.';
  // A character takes at most three bytes for each UTF-16 unit.
  if (text.length * 3 < MAX_VARIABLE_BYTES || Buffer.byteLength(text) < MAX_VARIABLE_BYTES) return undefined;
  return 'is too long for an environment variable (128 KiB).';
}

function mapValues<T, U>(map: { [key: string]: T }, change: (value: T) => U): { [key: string]: U } {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}

function messageOf(error: unknown): string {
  if (error instanceof ExpressionError) return error.message;
  throw error;
}
