/** What the operator told this runner, read from its environment and checked: from here on it is typed. */
import type { Json } from '../api/pipeline.ts';
import type { Backoff, Scope } from '../plan/plan.ts';
import {
  amount,
  FieldError,
  type Fields,
  fields,
  flag,
  list,
  parseJson,
  present,
  required,
  text,
  texts,
  whole,
} from './fields.ts';
import { INSTRUCTIONS_VARIABLE } from './pod-contract.ts';
import type { Instructions, StepInstruction } from './protocol.ts';

const MOST_CHUNKS = 64;
const MOST_STEPS = 400;
const LONGEST = 4 * 1024 * 1024;

/** Takes the instructions out of `env`, so that no child process inherits them. @throws FieldError */
export function takeInstructions(env: NodeJS.ProcessEnv): Instructions {
  let body = '';
  for (let index = 0; index < MOST_CHUNKS; index++) {
    const name = `${INSTRUCTIONS_VARIABLE}${index}`;
    const chunk = env[name];
    if (chunk === undefined) break;
    delete env[name];
    body += chunk;
  }
  if (body === '') throw new FieldError(`the variable ${INSTRUCTIONS_VARIABLE}0 is not set`);
  return parseInstructions(body);
}

/** @throws FieldError */
export function parseInstructions(body: string): Instructions {
  const given = fields(parseJson(body), 'instructions');
  if (given['version'] !== 1)
    throw new FieldError('version is not 1: operator and runner are of two releases');
  const limits = fields(given['limits'], 'limits');
  const post = fields(given['post'], 'post');
  return {
    version: 1,
    namespace: word(given, 'namespace'),
    run: word(given, 'run'),
    runUID: word(given, 'runUID'),
    pipeline: word(given, 'pipeline'),
    stage: word(given, 'stage'),
    attempt: required(whole(given, 'attempt', 1), 'attempt'),
    ...(given['report'] === undefined ? {} : { report: target(fields(given['report'], 'report')) }),
    workspace: folder(given, 'workspace'),
    io: folder(given, 'io'),
    credentials: folder(given, 'credentials'),
    home: folder(given, 'home'),
    ...present('timeoutSeconds', amount(given, 'timeoutSeconds')),
    graceSeconds: required(amount(given, 'graceSeconds'), 'graceSeconds'),
    postSeconds: required(amount(given, 'postSeconds'), 'postSeconds'),
    env: texts(given, 'env', 10_000, LONGEST),
    ...(given['checkout'] === undefined ? {} : { checkout: checkout(fields(given['checkout'], 'checkout')) }),
    containers: list(given, 'containers', 100).map(containerName),
    ...(given['memoryLimits'] === undefined ? {} : { memoryLimits: texts(given, 'memoryLimits', 100, 100) }),
    steps: steps(given, 'steps'),
    post: {
      always: steps(post, 'always'),
      success: steps(post, 'success'),
      failure: steps(post, 'failure'),
    },
    outputs: texts(given, 'outputs', 1000, LONGEST),
    scope: scope(fields(given['scope'], 'scope')),
    limits: {
      logBytes: required(whole(limits, 'logBytes', 0), 'limits.logBytes'),
      outputsBytes: required(whole(limits, 'outputsBytes', 0), 'limits.outputsBytes'),
    },
  };
}

function target(given: Fields): { url: string; ca: string; tokenFile: string } {
  return {
    url: required(text(given, 'url', 4096), 'report.url'),
    ca: required(text(given, 'ca', LONGEST), 'report.ca'),
    tokenFile: folder(given, 'tokenFile'),
  };
}

function checkout(given: Fields): NonNullable<Instructions['checkout']> {
  return {
    url: required(text(given, 'url', 8192), 'checkout.url'),
    ...present('ref', text(given, 'ref', 1024)),
    ...present('revision', text(given, 'revision', 1024)),
    ...present('depth', whole(given, 'depth', 0)),
    submodules: flag(given, 'submodules') ?? false,
    ...present('credentials', text(given, 'credentials', 253)),
  };
}

function steps(from: Fields, name: string): StepInstruction[] {
  return list(from, name, MOST_STEPS).map((step, index) => parseStep(fields(step, `${name}[${index}]`)));
}

function parseStep(step: Fields): StepInstruction {
  const retries = fields(step['retries'], 'retries');
  return {
    symbol: word(step, 'symbol'),
    name: required(text(step, 'name', LONGEST), 'name of a step'),
    parameters: json(step['parameters'] ?? {}),
    ...(step['block'] === undefined ? {} : { block: steps(step, 'block') }),
    ...present('id', text(step, 'id', 253)),
    ...present('if', text(step, 'if', 65_536)),
    env: texts(step, 'env', 10_000, LONGEST),
    ...present('timeoutSeconds', amount(step, 'timeoutSeconds')),
    ...present('container', text(step, 'container', 63)),
    continueOnError: flag(step, 'continueOnError') ?? false,
    retries: {
      limit: required(whole(retries, 'limit', 0), 'retries.limit'),
      backoff: backoff(fields(retries['backoff'], 'retries.backoff')),
    },
  };
}

function backoff(given: Fields): Backoff {
  return {
    initialSeconds: required(amount(given, 'initialSeconds'), 'initialSeconds'),
    factor: required(amount(given, 'factor'), 'factor'),
    maxSeconds: required(amount(given, 'maxSeconds'), 'maxSeconds'),
  };
}

function scope(given: Fields): Scope {
  const source = fields(given['source'], 'scope.source');
  const run = fields(given['run'], 'scope.run');
  const stages = fields(given['stages'], 'scope.stages');
  const plain = (from: Fields, name: string): string => required(text(from, name, LONGEST), name);
  return {
    params: json(given['params'] ?? {}),
    source: {
      url: plain(source, 'url'),
      branch: plain(source, 'branch'),
      tag: plain(source, 'tag'),
      revision: plain(source, 'revision'),
      author: plain(source, 'author'),
      message: plain(source, 'message'),
      changedPaths: list(source, 'changedPaths', 1_000_000).map(String),
    },
    run: {
      name: plain(run, 'name'),
      namespace: plain(run, 'namespace'),
      uid: plain(run, 'uid'),
      result: plain(run, 'result'),
    },
    pipeline: { name: plain(fields(given['pipeline'], 'scope.pipeline'), 'name') },
    stages: Object.fromEntries(
      Object.entries(stages).map(([name, value]) => {
        const stage = fields(value, `scope.stages.${name}`);
        return [name, { result: plain(stage, 'result'), outputs: texts(stage, 'outputs', 1000, LONGEST) }];
      }),
    ),
  };
}

function json(value: unknown): { [name: string]: Json } {
  if (isMap(value)) return value;
  throw new FieldError('a map of values is not an object');
}

/** What JSON.parse gave holds nothing but JSON. */
function isMap(value: unknown): value is { [name: string]: Json } {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function word(from: Fields, name: string): string {
  return required(text(from, name, 253), name);
}

function folder(from: Fields, name: string): string {
  const path = required(text(from, name, 4096), name);
  if (!path.startsWith('/') || path.includes('\0')) throw new FieldError(`${name} is not an absolute path`);
  return path;
}

function containerName(value: unknown): string {
  if (typeof value === 'string' && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(value)) return value;
  throw new FieldError('containers holds what is no name of a container');
}
