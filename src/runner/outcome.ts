/** How a step ended, and what it left. */
import type { StepResult } from '../api/run.ts';
import type { Stop } from './stop.ts';

export interface Outcome {
  result: StepResult;
  exitCode?: number;
  /** What went wrong, in a sentence without a full stop. */
  message?: string;
  /** The stage's reason, if this ends the stage. */
  reason?: string;
  outputs: Record<string, string>;
}

export function succeeded(outputs: Record<string, string> = {}): Outcome {
  return { result: 'Succeeded', outputs };
}

export function failed(message: string, reason?: string): Outcome {
  return { result: 'Failed', message, outputs: {}, ...(reason === undefined ? {} : { reason }) };
}

export function lost(message: string): Outcome {
  return { result: 'Lost', message, reason: 'ContainerLost', outputs: {} };
}

/** What had to end is judged by why, and not by what its processes made of the signal. */
export function stopped(outcome: Outcome, stop: Stop): Outcome {
  const { exitCode, outputs } = outcome;
  const kept = { outputs, ...(exitCode === undefined ? {} : { exitCode }) };
  if (stop.kind === 'interrupted') {
    return { ...kept, result: 'Cancelled', reason: 'Interrupted', message: 'ended by TERM from outside' };
  }
  const { of, seconds } = stop;
  const limit = { step: 'its timeout', stage: "the stage's timeout", post: 'the limit of all post steps' }[
    of
  ];
  const reason = { step: 'StepTimedOut', stage: 'StageTimedOut', post: 'PostTimedOut' }[of];
  return { ...kept, result: 'TimedOut', reason, message: `ended by ${limit} of ${seconds} s` };
}

/** The steps after it still run. */
export function goesOn({ result }: Outcome): boolean {
  return result === 'Succeeded' || result === 'Unstable' || result === 'Skipped';
}

/** Of what one may try again or go on after: the step's own failures. */
export function isFailure({ result }: Outcome): boolean {
  return result === 'Failed' || result === 'TimedOut';
}

const ORDER = [
  'Skipped',
  'Succeeded',
  'Unstable',
  'Failed',
  'TimedOut',
  'Aborted',
  'Cancelled',
  'Lost',
] as const;

/** The worse of two; the first of two alike. */
export function worse(one: Outcome, other: Outcome): Outcome {
  return ORDER.indexOf(other.result) > ORDER.indexOf(one.result) ? other : one;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
