/**
 * A report as it comes from a stage's pod, directly or as the termination message: hostile until parsed. Unknown fields
 * are dropped, sizes are bounded.
 */
import type { StepResult, StepStatus } from '../api/run.ts';
import type { ReportedResult, StageReport } from './protocol.ts';

const RESULTS: readonly ReportedResult[] = [
  'Succeeded',
  'Unstable',
  'Failed',
  'Aborted',
  'TimedOut',
  'Interrupted',
  'Lost',
];
const STEP_RESULTS: readonly StepResult[] = [
  'Succeeded',
  'Unstable',
  'Failed',
  'Aborted',
  'Skipped',
  'TimedOut',
  'Cancelled',
  'Lost',
];
const MOST_STEPS = 1000;
const MOST_OUTPUTS = 200;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

type Fields = { readonly [name: string]: unknown };

/** What is wrong with the report, by field. */
export class ReportError extends Error {
  override readonly name = 'ReportError';
}

/** @throws ReportError */
export function parseReport(body: string): StageReport {
  const report = fields(parseJson(body), 'report');
  if (report['version'] !== 1) throw new ReportError('version is not 1');
  const steps = report['steps'];
  if (!Array.isArray(steps)) throw new ReportError('steps is not a list');
  if (steps.length > MOST_STEPS) throw new ReportError(`steps has more than ${MOST_STEPS} entries`);
  const result = choice(report, 'result', RESULTS);
  return {
    version: 1,
    run: required(text(report, 'run', 253), 'run'),
    stage: required(text(report, 'stage', 63), 'stage'),
    attempt: required(whole(report, 'attempt', 1), 'attempt'),
    sequence: required(whole(report, 'sequence', 0), 'sequence'),
    startTime: required(time(report, 'startTime'), 'startTime'),
    steps: steps.map((step: unknown, index) => parseStep(fields(step, `steps[${index}]`))),
    ...present('revision', text(report, 'revision', 128)),
    ...present('result', result),
    ...present('reason', text(report, 'reason', 128)),
    ...present('message', text(report, 'message', 4096)),
    ...present('outputs', outputs(report)),
    ...present('finishTime', time(report, 'finishTime')),
  };
}

/** @returns undefined when the text is not a report (empty, cut, not written by a runner). */
export function decodeTermination(text: string): StageReport | undefined {
  try {
    return parseReport(text);
  } catch (error) {
    if (error instanceof ReportError) return undefined;
    throw error;
  }
}

function parseStep(step: Fields): StepStatus {
  return {
    name: required(text(step, 'name', 1024), 'name of a step'),
    ...present('id', text(step, 'id', 253)),
    ...present('result', choice(step, 'result', STEP_RESULTS)),
    ...present('exitCode', whole(step, 'exitCode', 0)),
    ...present('startTime', time(step, 'startTime')),
    ...present('finishTime', time(step, 'finishTime')),
    ...present('message', text(step, 'message', 4096)),
  };
}

function outputs(report: Fields): Record<string, string> | undefined {
  if (report['outputs'] === undefined) return undefined;
  const given = fields(report['outputs'], 'outputs');
  const names = Object.keys(given);
  if (names.length > MOST_OUTPUTS) throw new ReportError(`outputs has more than ${MOST_OUTPUTS} entries`);
  return Object.fromEntries(
    names.map((name) => [name, required(text(given, name, 65_536), `output ${name}`)]),
  );
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new ReportError('the body is not JSON');
  }
}

function fields(value: unknown, where: string): Fields {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new ReportError(`${where} is not an object`);
  }
  return { ...value };
}

function text(from: Fields, name: string, most: number): string | undefined {
  const value = from[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value.length > most) {
    throw new ReportError(`${name} is not a string of at most ${most} characters`);
  }
  return value;
}

function whole(from: Fields, name: string, least: number): number | undefined {
  const value = from[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least) {
    throw new ReportError(`${name} is not a whole number of at least ${least}`);
  }
  return value;
}

function time(from: Fields, name: string): string | undefined {
  const value = text(from, name, 40);
  if (value !== undefined && !TIME.test(value))
    throw new ReportError(`${name} is not an RFC 3339 time in UTC`);
  return value;
}

function choice<T extends string>(from: Fields, name: string, choices: readonly T[]): T | undefined {
  const value = text(from, name, 40);
  if (value === undefined) return undefined;
  const found = choices.find((known) => known === value);
  if (found === undefined) throw new ReportError(`${name} is none of ${choices.join(', ')}`);
  return found;
}

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new ReportError(`${name} is missing`);
  return value;
}

function present<K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } {
  const given: { [P in K]?: V } = {};
  if (value !== undefined) given[name] = value;
  return given;
}
