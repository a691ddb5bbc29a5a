/**
 * What the operator and a stage's runner say to each other: instructions in, reports out.
 * Instructions travel as JSON in the runner's environment, cut into OTTO_INSTRUCTIONS_0, _1, … of at most 96 KiB.
 */

import type { Json } from '../api/pipeline.ts';
import type { StepStatus } from '../api/run.ts';
import type { Backoff, Scope } from '../plan/plan.ts';

export interface Instructions {
  version: 1;
  namespace: string;
  run: string;
  runUID: string;
  pipeline: string;
  stage: string;
  attempt: number;
  /** Where to report; absent: only the termination message. The token is read anew for each use. */
  report?: { url: string; ca: string; tokenFile: string };
  /** Shared with the user's containers. */
  workspace: string;
  /** Memory-backed folder with one sub-folder per container, each with the FIFOs cmd, ctl, rep. */
  io: string;
  /** One sub-folder per Secret; only the runner has it. */
  credentials: string;
  home: string;
  timeoutSeconds?: number;
  graceSeconds: number;
  postSeconds: number;
  /** For every step; OTTO_* and PARAM_* included. */
  env: Record<string, string>;
  checkout?: {
    url: string;
    ref?: string;
    revision?: string;
    depth?: number;
    submodules: boolean;
    credentials?: string;
  };
  /** User containers, the default one first. */
  containers: string[];
  /** Quantities as written, by container: told when one runs out of memory. */
  memoryLimits?: Record<string, string>;
  steps: StepInstruction[];
  post: { always: StepInstruction[]; success: StepInstruction[]; failure: StepInstruction[] };
  /** Templates, evaluated after the last step. */
  outputs: Record<string, string>;
  /** For the templates that only the runner can evaluate. */
  scope: Scope;
  limits: { logBytes: number; outputsBytes: number };
}

export interface StepInstruction {
  symbol: string;
  name: string;
  parameters: { [name: string]: Json };
  block?: StepInstruction[];
  id?: string;
  /** CEL, evaluated by the runner (names: steps, env, and the scope's). Absent: run. */
  if?: string;
  env: Record<string, string>;
  timeoutSeconds?: number;
  container?: string;
  continueOnError: boolean;
  retries: { limit: number; backoff: Backoff };
}

/** Interrupted: TERM came from outside and the runner cannot know why; the engine does. Lost: a container went away. */
export type ReportedResult =
  | 'Succeeded'
  | 'Unstable'
  | 'Failed'
  | 'Aborted'
  | 'TimedOut'
  | 'Interrupted'
  | 'Lost';

/**
 * A snapshot of the stage so far: a later one replaces an earlier one, so loss, doubling and disorder do no harm.
 * The same shape, shortened to 4,096 bytes, is the runner's termination message.
 */
export interface StageReport {
  version: 1;
  run: string;
  stage: string;
  attempt: number;
  /** Grows with each report of this runner. */
  sequence: number;
  startTime: string;
  /** What the checkout resolved to. */
  revision?: string;
  steps: StepStatus[];
  /** Set at the end. */
  result?: ReportedResult;
  reason?: string;
  message?: string;
  outputs?: Record<string, string>;
  finishTime?: string;
}
