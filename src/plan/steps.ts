/** Steps as written → planned steps: one symbol beside the modifiers, its parameters by name. */
import { type Json, type Retries, STEP_MODIFIERS, type Step } from '../api/pipeline.ts';
import { MAX_BLOCK_DEPTH, MAX_STEPS } from './bounds.ts';
import type { Path } from './diagnostics.ts';
import { didYouMean } from './did-you-mean.ts';
import type { StepLibrary, StepManifest } from './manifest.ts';
import { isDashedIdentifier } from './names.ts';
import { readParameters } from './parameters.ts';
import type { PlannedStep } from './plan.ts';
import type { Site } from './site.ts';
import { backoff, retryCount, STEP_BACKOFF, seconds } from './times.ts';

/** What the steps of one stage share while they are read, in the order in which they would run. */
export interface StepContext {
  library: StepLibrary;
  /** Containers that a step may name. */
  containers: readonly string[];
  /** Ids so far. */
  ids: Set<string>;
  /** Variables of the stage. */
  variables: ReadonlySet<string>;
  count: number;
  /** Some step runs in the container that `image` is of. */
  usesImage: boolean;
}

interface Inherited {
  depth: number;
  container?: string;
  variables: ReadonlySet<string>;
}

export function planSteps(
  steps: Json | readonly Step[] | undefined,
  path: Path,
  context: StepContext,
  site: Site,
): PlannedStep[] {
  return readSteps(steps ?? [], path, context, site, { depth: 0, variables: context.variables });
}

function readSteps(
  steps: Json | readonly Step[],
  path: Path,
  context: StepContext,
  site: Site,
  inherited: Inherited,
): PlannedStep[] {
  if (!Array.isArray(steps)) {
    site.problems.error('WrongType', path, 'Steps are a list: put a dash before each.');
    return [];
  }
  return steps.flatMap(
    (step: unknown, index) => readStep(step, [...path, index], context, site, inherited) ?? [],
  );
}

function readStep(
  step: unknown,
  path: Path,
  context: StepContext,
  site: Site,
  inherited: Inherited,
): PlannedStep | undefined {
  const { problems } = site;
  if (++context.count > MAX_STEPS) {
    if (context.count === MAX_STEPS + 1) {
      problems.error(
        'TooManySteps',
        path,
        `A stage has at most ${MAX_STEPS} steps, blocks and post included: make it two stages.`,
      );
    }
    return undefined;
  }
  if (!isStep(step)) {
    const cure = typeof step === 'string' ? ` For a command, write \`sh: ${step.slice(0, 60)}\`.` : '';
    problems.error('WrongType', path, `A step is a map with one symbol, such as \`sh: make\`.${cure}`);
    return undefined;
  }
  const manifest = findSymbol(step, path, context.library, site);
  const variables = new Set([...inherited.variables, ...Object.keys(isMap(step.env) ? step.env : {})]);
  const here = site.with({ steps: context.ids, env: variables });
  // A variable cannot be set from another one of the same step: they have no order.
  const outer = site.with({ steps: context.ids, env: inherited.variables });
  const planned = readModifiers(step, path, outer, here, context.ids);
  const container =
    manifest === undefined ? undefined : readContainer(step, manifest, path, context, site, inherited);
  if (container !== undefined) planned.container = container;
  if (manifest === undefined) return undefined;
  planned.symbol = manifest.symbol;
  const at = [...path, manifest.symbol];
  const { parameters, block, typed, credentials } = readParameters(
    step[manifest.symbol] ?? null,
    manifest,
    at,
    here,
  );
  planned.parameters = parameters;
  if (typed.length > 0) planned.typed = typed;
  if (credentials.length > 0) planned.credentials = credentials;
  if (typeof parameters['label'] === 'string') planned.label = parameters['label'];
  if (block !== undefined)
    planned.block = readBlock(block.value, block.path, context, site, {
      ...inherited,
      variables,
      ...(container === undefined ? {} : { container }),
    });
  if (step.id !== undefined && typeof step.id === 'string') context.ids.add(step.id);
  return planned;
}

function readBlock(
  value: Json,
  path: Path,
  context: StepContext,
  site: Site,
  inherited: Inherited,
): PlannedStep[] {
  const depth = inherited.depth + 1;
  if (depth > MAX_BLOCK_DEPTH) {
    site.problems.error('TooDeep', path, `Blocks nest at most ${MAX_BLOCK_DEPTH} deep.`);
    return [];
  }
  if (Array.isArray(value) && value.length === 0) {
    site.problems.error('EmptyBlock', path, 'The block has no steps.');
  }
  return readSteps(value, path, context, site, { ...inherited, depth });
}

function isStep(value: unknown): value is Step {
  return isMap(value);
}

function isMap(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isModifier(key: string): boolean {
  return STEP_MODIFIERS.some((modifier) => modifier === key);
}

function findSymbol(
  step: Step,
  path: Path,
  library: StepLibrary,
  { problems }: Site,
): StepManifest | undefined {
  const keys = Object.keys(step).filter((key) => !isModifier(key) && step[key] !== undefined);
  const [symbol, second] = keys;
  if (symbol === undefined) {
    problems.error(
      'MissingSymbol',
      path,
      `The step says not what to do: add a symbol, such as sh.${didYouMean('', library.symbols())}`,
    );
    return undefined;
  }
  const manifest = library.get(symbol);
  if (second === undefined && manifest !== undefined) return manifest;
  const known = [...library.symbols(), ...STEP_MODIFIERS];
  for (const key of keys.filter((key) => library.get(key) === undefined)) {
    problems.error(
      'UnknownStep',
      [...path, key],
      `There is no step '${key}' in the library.${didYouMean(key, known)}`,
    );
  }
  const symbols = keys.filter((key) => library.get(key) !== undefined);
  if (symbols.length > 1) {
    problems.error(
      'SeveralSymbols',
      path,
      `One step has the symbols ${symbols.join(' and ')}: make each a step of its own.`,
    );
  }
  return undefined;
}

function readModifiers(
  step: Step,
  path: Path,
  outer: Site,
  here: Site,
  ids: ReadonlySet<string>,
): PlannedStep {
  const { problems } = outer;
  const planned: PlannedStep = {
    symbol: '',
    parameters: {},
    env: {},
    continueOnError: false,
    retries: { limit: 0, backoff: STEP_BACKOFF },
  };
  if (step.id !== undefined) {
    if (typeof step.id !== 'string' || !isDashedIdentifier(step.id)) {
      problems.error(
        'InvalidName',
        [...path, 'id'],
        'An id has letters, digits, _ and -, starts with a letter or _, and has at most 63 characters.',
      );
    } else if (ids.has(step.id)) {
      problems.error('DuplicateName', [...path, 'id'], `Two steps of this stage have the id '${step.id}'.`);
    } else planned.id = step.id;
  }
  if (step.if !== undefined) {
    if (typeof step.if === 'string') {
      here.condition(step.if, [...path, 'if']);
      planned.if = step.if;
    } else if (typeof step.if === 'boolean') planned.if = String(step.if);
    else
      problems.error(
        'WrongType',
        [...path, 'if'],
        '`if` is a CEL expression, such as params.deploy == true.',
      );
  }
  if (step.env !== undefined) {
    if (isMap(step.env)) planned.env = outer.env(step.env, [...path, 'env']);
    else problems.error('WrongType', [...path, 'env'], '`env` is a map of names and strings.');
  }
  if (step.continueOnError !== undefined) {
    if (typeof step.continueOnError === 'boolean') planned.continueOnError = step.continueOnError;
    else problems.error('WrongType', [...path, 'continueOnError'], '`continueOnError` is true or false.');
  }
  const timeout = seconds(step.timeout, [...path, 'timeout'], problems);
  if (timeout !== undefined) planned.timeoutSeconds = timeout;
  if (step.retries !== undefined) planned.retries = readRetries(step.retries, [...path, 'retries'], outer);
  return planned;
}

function readRetries(retries: unknown, path: Path, { problems }: Site): PlannedStep['retries'] {
  const fallback = { limit: 0, backoff: STEP_BACKOFF };
  if (!isMap(retries)) {
    problems.error('WrongType', path, '`retries` is a map: {limit: 3, backoff: {initial: 1s}}.');
    return fallback;
  }
  for (const key of Object.keys(retries)) {
    if (key === 'limit' || key === 'backoff') continue;
    const message = `A step's retries have limit and backoff, not '${key}'; a stage's have more.`;
    problems.error('UnknownField', [...path, key], message);
  }
  const written = retries['backoff'];
  if (written !== undefined && !isBackoff(written)) {
    problems.error(
      'WrongType',
      [...path, 'backoff'],
      '`backoff` is a map: {initial: 1s, factor: 2, max: 1m}.',
    );
    return fallback;
  }
  return {
    limit: retryCount(retries['limit'], 0, [...path, 'limit'], problems),
    backoff: backoff(written, STEP_BACKOFF, [...path, 'backoff'], problems),
  };
}

/** Its fields are checked by `backoff` itself, one by one. */
function isBackoff(value: unknown): value is NonNullable<Retries['backoff']> {
  return isMap(value);
}

/** Where the step runs: its own container, its block's, or the stage's image (undefined). */
function readContainer(
  step: Step,
  manifest: StepManifest,
  path: Path,
  context: StepContext,
  { problems }: Site,
  inherited: Inherited,
): string | undefined {
  const block = manifest.parameters.some(({ type }) => type === 'block');
  const here = [...path, 'container'];
  // Steps keep unknown fields, so their modifiers may be of any type.
  const written: unknown = step.container;
  if (written !== undefined && typeof written !== 'string') {
    problems.error('WrongType', here, "`container` is the name of one of the stage's containers.");
  }
  const own = typeof written === 'string' ? written : undefined;
  if (own !== undefined) {
    if (!context.containers.includes(own)) {
      const cure = didYouMean(own, context.containers);
      problems.error('UnknownContainer', here, `There is no container '${own}' in this stage.${cure}`);
      return undefined;
    }
    if (manifest.runsIn === 'runner' && !block) {
      const message = `${manifest.symbol} runs beside the workspace and not in a container of yours: remove container.`;
      problems.error('ContainerNotUsed', here, message);
      return undefined;
    }
  }
  const container = own ?? inherited.container;
  if (manifest.runsIn === 'container' && (container === undefined || container === 'main'))
    context.usesImage = true;
  return manifest.runsIn === 'container' || block ? container : undefined;
}
