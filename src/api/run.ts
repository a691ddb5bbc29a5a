import type { RunSpec, RunStatus } from './generated/types.ts';
import type { KubeObject } from './kubernetes.ts';

export type {
  RetriedAttempt,
  RunResult,
  RunSource,
  RunSpec,
  RunStatus,
  StageResult,
  StageState,
  StageStatus,
  StepResult,
  StepStatus,
} from './generated/types.ts';

export interface Run extends KubeObject {
  spec: RunSpec;
  status?: RunStatus;
}
