/** One attempt of a stage as it is seen now, and what a policy may say of it. */
import type { Pod } from '../api/kubernetes.ts';
import type { StageResult, StageStatus } from '../api/run.ts';
import type { PlannedStage } from '../plan/plan.ts';
import type { StageReport } from '../runner/protocol.ts';
import type { EngineConfig, PodWarning } from './decide-types.ts';

export interface Attempt {
  /** Absent: the plan is lost. */
  stage: PlannedStage | undefined;
  /** As recorded, or as it is about to be recorded first. */
  status: StageStatus;
  pod: Pod | undefined;
  /** A read from the API server did not find it. */
  missing: boolean;
  report: StageReport | undefined;
  warning: PodWarning | undefined;
  now: number;
  config: EngineConfig;
}

/** How an attempt ended. */
export interface Outcome {
  result: Exclude<StageResult, 'Skipped'>;
  reason: string;
  message?: string;
}

export type StopCause = NonNullable<StageStatus['stopping']>;

export type Verdict =
  | { kind: 'ended'; outcome: Outcome }
  /** It must be stopped; the result comes when it has. */
  | { kind: 'stop'; cause: StopCause; reason: string; message: string }
  /** Told to stop already: tell it (again), or end it by force. */
  | { kind: 'stopping'; action: 'stop' | 'delete' | 'wait'; wakeAt: number }
  /** Goes on, perhaps waiting for something. */
  | { kind: 'goesOn'; reason?: string; message?: string; wakeAt?: number }
  /** Nothing can be said yet. */
  | { kind: 'unknown' };

/** Undefined: not mine to say. The first policy of the chain that answers decides. */
export type Policy = (attempt: Attempt) => Verdict | undefined;

export function ended(result: Outcome['result'], reason: string, message?: string): Verdict {
  return { kind: 'ended', outcome: outcome(result, reason, message) };
}

export function outcome(result: Outcome['result'], reason: string, message?: string): Outcome {
  return message === undefined ? { result, reason } : { result, reason, message };
}
