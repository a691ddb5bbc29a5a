import type { KubeObject } from './kubernetes.ts';
import type { Condition, Json, PipelineSpec } from './pipeline.ts';

export interface Run extends KubeObject {
  spec: RunSpec;
  status?: RunStatus;
}

/** Exactly one of pipelineRef and pipelineSpec. Immutable but for state and ttlAfterFinished. */
export interface RunSpec {
  pipelineRef?: { name: string };
  pipelineSpec?: PipelineSpec;
  params?: { [name: string]: Json };
  source?: RunSource;
  state?: 'Running' | 'Paused' | 'Cancelled';
  ttlAfterFinished?: string;
}

export interface RunSource {
  revision?: string;
  branch?: string;
  tag?: string;
  author?: string;
  message?: string;
  /** Paths changed since the revision delivered before, for `when`; at most 1,000. */
  changedPaths?: string[];
}

export type StageResult =
  | 'Succeeded'
  | 'Unstable'
  | 'Failed'
  | 'Aborted'
  | 'Skipped'
  | 'Cancelled'
  | 'TimedOut'
  | 'Lost';
/** The Run takes the worst of its stages'; never Skipped. */
export type RunResult = Exclude<StageResult, 'Skipped'>;

export interface RunStatus {
  observedGeneration?: number;
  conditions?: Condition[];
  result?: RunResult;
  startTime?: string;
  completionTime?: string;
  /** Set at the end, as `1m32s`. */
  duration?: string;
  /** Name of the ControllerRevision that holds the frozen plan. */
  plan?: string;
  /** The first cause, in a sentence to act on. */
  message?: string;
  /** Finished of all stages, as `3/7`. */
  progress?: string;
  /** Names of the stages that run now, comma-separated, cut at 60 characters. */
  current?: string;
  /** The one revision that each stage checks out. */
  revision?: string;
  /** Stages by state or result; zeroes are left out. */
  counts?: Record<string, number>;
  stages?: StageStatus[];
}

/**
 * Waiting: not started. Starting: its pod exists, no step has begun. Running. Stopping: told to end, pod not gone.
 * Retrying: waits for the back-off. Finished: `result` is set.
 */
export type StageState = 'Waiting' | 'Starting' | 'Running' | 'Stopping' | 'Retrying' | 'Finished';

/** A stage that has not started yet is left out of the list. */
export interface StageStatus {
  name: string;
  state: StageState;
  result?: StageResult;
  reason?: string;
  message?: string;
  /** The current or last attempt, from 1. */
  attempt?: number;
  podName?: string;
  podUID?: string;
  startTime?: string;
  finishTime?: string;
  /** Why the stage is being stopped; decides the result once the pod is gone. */
  stopping?: 'Cancelled' | 'TimedOut' | 'Lost';
  /** When the stop was first asked for. */
  stopTime?: string;
  steps?: StepStatus[];
  outputs?: Record<string, string>;
  /** Attempts that ended and were followed by another; at most 20. */
  retried?: RetriedAttempt[];
}

export interface RetriedAttempt {
  attempt: number;
  result: StageResult;
  reason: string;
  message?: string;
  podName?: string;
  finishTime: string;
}

export type StepResult = 'Succeeded' | 'Unstable' | 'Failed' | 'Aborted' | 'Skipped' | 'TimedOut' | 'Cancelled' | 'Lost';

export interface StepStatus {
  /** The label or else the symbol. */
  name: string;
  id?: string;
  /** Absent while it runs. */
  result?: StepResult;
  exitCode?: number;
  startTime?: string;
  finishTime?: string;
  message?: string;
}
