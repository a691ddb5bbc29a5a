import type { PipelineSpec, PipelineStatus } from './generated/types.ts';
import type { KubeObject } from './kubernetes.ts';

export type {
  Condition,
  Container,
  Defaults,
  GitSource,
  Json,
  Param,
  PipelineSpec,
  PipelineStatus,
  Resources,
  Retries,
  Service,
  Shell,
  Stage,
  StageSecurityContext,
  Step,
} from './generated/types.ts';

export interface Pipeline extends KubeObject {
  spec: PipelineSpec;
  status?: PipelineStatus;
}

/** A modifier's name is never a symbol. */
export const STEP_MODIFIERS = [
  'id',
  'if',
  'env',
  'timeout',
  'container',
  'continueOnError',
  'retries',
] as const;
