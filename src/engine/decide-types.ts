/** What the engine is given and what it answers. Plain data on both sides: no I/O, no clock, no client. */
import type { Pod } from '../api/kubernetes.ts';
import type { Run, RunStatus } from '../api/run.ts';
import type { Plan, StageInstance } from '../plan/plan.ts';
import type { StageReport } from '../runner/protocol.ts';

export interface DecideInput {
  run: Run;
  /** Absent: no plan could be had; `problem` says why. */
  plan?: Plan;
  planName?: string;
  problem?: PlanProblem;
  /** The Run's pods as last seen, in any order; each has the labels of api/names.ts. */
  pods: readonly Pod[];
  /** UIDs of pods that the status records but that a read straight from the API server did not find. */
  missingPods: ReadonlySet<string>;
  /** Newest report of a pod's runner, by pod UID. */
  reports: ReadonlyMap<string, StageReport>;
  /** Trouble that a pod's status does not show (FailedMount …), by pod UID. */
  warnings: ReadonlyMap<string, PodWarning>;
  /** Set when the API server refused to create a stage's pod (quota, admission), by stage name. */
  refusals: ReadonlyMap<string, CreateRefusal>;
  /** Milliseconds since the epoch. */
  now: number;
  config: EngineConfig;
}

export interface EngineConfig {
  /** How long a stage may wait for what it lacks (image, secret, quota, room on a node) before it is Lost. */
  pendingLimitSeconds: number;
  /** How long a Run waits for a Pipeline that does not exist. */
  pipelineLimitSeconds: number;
  /** After a Run finished; a Run's own ttlAfterFinished goes first. Absent: kept. */
  ttlSeconds?: number;
  /** Unfinished pods of one Run at a time. */
  maxPodsPerRun: number;
  /** Longest that all `post` steps of a stage may take. */
  postSeconds: number;
}

export type PlanProblem =
  | { reason: 'PipelineNotFound'; message: string }
  | { reason: 'InvalidPipeline' | 'InvalidParameters' | 'PlanLost'; message: string };

export interface PodWarning {
  reason: string;
  message: string;
}

export interface CreateRefusal {
  /** HTTP status and reason of the API server's answer. */
  code: number;
  reason: string;
  message: string;
  /** When it was refused first. */
  since: number;
}

export interface Decision {
  status: RunStatus;
  actions: Action[];
  /** false: only progress within a stage changed; the write may wait for a second to be joined with others. */
  urgent: boolean;
  /** Look again after this long even if nothing is observed. */
  requeueAfterMs?: number;
}

export type Action =
  /** Idempotent: the name is deterministic and AlreadyExists (of this Run) means done. */
  | { type: 'CreatePod'; stage: string; attempt: number; podName: string; instance: StageInstance }
  /** Ends a pod's containers (TERM, then KILL) and keeps the object and its logs; a pod that no node has is deleted. */
  | { type: 'StopPod'; podName: string; podUID: string }
  /** For pods that cannot be stopped otherwise (lost node, stop overdue): grace 0. */
  | { type: 'DeletePod'; podName: string; podUID: string }
  | { type: 'Event'; kind: 'Normal' | 'Warning'; reason: string; message: string }
  /** The TTL is over. */
  | { type: 'DeleteRun' };
