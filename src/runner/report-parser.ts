/**
 * A report as it comes from a stage's pod, directly or as the termination message: hostile until parsed. Unknown fields
 * are dropped, sizes are bounded.
 */
import type { StepResult, StepStatus } from '../api/run.ts';
import {
  choice,
  type Fields,
  fields,
  list,
  parseJson,
  present,
  FieldError as ReportError,
  required,
  text,
  texts,
  whole,
} from './fields.ts';
import type { ReportedResult, StageReport } from './protocol.ts';

export { ReportError };

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
const MOST_EXIT_CODE = 2 ** 31 - 1;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** @throws ReportError */
export function parseReport(body: string): StageReport {
  const report = fields(parseJson(body), 'report');
  if (report['version'] !== 1) throw new ReportError('version is not 1');
  const steps = list(report, 'steps', MOST_STEPS);
  const result = choice(report, 'result', RESULTS);
  return {
    version: 1,
    run: required(text(report, 'run', 253), 'run'),
    stage: required(text(report, 'stage', 63), 'stage'),
    attempt: required(whole(report, 'attempt', 1), 'attempt'),
    sequence: required(whole(report, 'sequence', 0), 'sequence'),
    startTime: required(time(report, 'startTime'), 'startTime'),
    steps: steps.map((step, index) => parseStep(fields(step, `steps[${index}]`))),
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
    ...present('exitCode', exitCode(step)),
    ...present('startTime', time(step, 'startTime')),
    ...present('finishTime', time(step, 'finishTime')),
    ...present('message', text(step, 'message', 4096)),
  };
}

function outputs(report: Fields): Record<string, string> | undefined {
  return report['outputs'] === undefined ? undefined : texts(report, 'outputs', MOST_OUTPUTS, 65_536);
}

/** The API server refuses a status with a larger one. */
function exitCode(step: Fields): number | undefined {
  const code = whole(step, 'exitCode', 0);
  if (code !== undefined && code > MOST_EXIT_CODE) throw new ReportError('exitCode has more than 32 bits');
  return code;
}

function time(from: Fields, name: string): string | undefined {
  const value = text(from, name, 40);
  if (value !== undefined && !isTime(value)) throw new ReportError(`${name} is not an RFC 3339 time in UTC`);
  return value;
}

/** One that the calendar has: `Date` takes the 30th of February for a day in March. */
function isTime(value: string): boolean {
  if (!TIME.test(value)) return false;
  const ms = Date.parse(value);
  return !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 19) === value.slice(0, 19);
}
