/**
 * The plan: a Pipeline checked, flattened and normalised, with its step library resolved. It holds no parameter
 * values, so all Runs of one version share one. Frozen as a ControllerRevision. Strings may hold `${{ CEL }}`.
 */
import type { Json, Param, Resources, Service, Shell, StageSecurityContext } from '../api/pipeline.ts';

export interface Plan {
  version: 1;
  pipeline: string;
  params: Param[];
  source?: PlannedSource;
  timeoutSeconds: number;
  /** Leaves in written order. */
  stages: PlannedStage[];
  /** Groups, outer before inner. Their results are derived from their members'. */
  groups: PlannedGroup[];
  /** In order, after all stages ended, whatever the result. */
  finally: PlannedStage[];
}

export interface PlannedSource {
  url: string;
  ref?: string;
  depth?: number;
  submodules: boolean;
  credentials?: string;
}

export interface PlannedGroup {
  name: string;
  /** Names of the direct members, stages or groups. */
  members: string[];
  allowFailure: boolean;
}

export interface PlannedStage {
  name: string;
  /** Names of stages or groups that must have ended well first; order in lists and enclosing groups are in it. */
  needs: string[];
  /** CEL conditions that must all hold, the enclosing groups' first. */
  when: string[];
  allowFailure: boolean;
  /** The Pipeline's, defaults', groups' and stage's env, merged in that order. */
  env: Record<string, string>;
  /** Absent: a stage of library steps only, with no user container. */
  image?: string;
  shell: Shell;
  containers: {
    name: string;
    image: string;
    shell: Shell;
    env: Record<string, string>;
    resources?: Resources;
  }[];
  services: Service[];
  resources?: Resources;
  securityContext: StageSecurityContext;
  serviceAccountName?: string;
  podTemplate?: { [key: string]: Json };
  checkout: boolean;
  steps: PlannedStep[];
  post: { always: PlannedStep[]; success: PlannedStep[]; failure: PlannedStep[] };
  outputs: Record<string, string>;
  timeoutSeconds?: number;
  graceSeconds: number;
  retries: PlannedRetries;
}

export interface Backoff {
  initialSeconds: number;
  factor: number;
  maxSeconds: number;
}

export interface PlannedRetries {
  limit: number;
  on: ('Failed' | 'TimedOut')[];
  backoff: Backoff;
  infrastructure: number;
}

export interface PlannedStep {
  /** The symbol in the step library. */
  symbol: string;
  /** By name, as in the manifest; checked against it. `block` parameters are in `block` instead. */
  parameters: { [name: string]: Json };
  /** Parameters whose template must keep its type: not text in the manifest. */
  typed?: string[];
  /** Parameters that name a Secret. */
  credentials?: string[];
  block?: PlannedStep[];
  id?: string;
  if?: string;
  label?: string;
  env: Record<string, string>;
  timeoutSeconds?: number;
  container?: string;
  continueOnError: boolean;
  retries: { limit: number; backoff: Backoff };
}

/** What expressions see. Everything is plain JSON; numbers that are whole are CEL ints. */
export interface Scope {
  params: { [name: string]: Json };
  source: {
    url: string;
    branch: string;
    tag: string;
    revision: string;
    author: string;
    message: string;
    changedPaths: string[];
  };
  run: { name: string; namespace: string; uid: string; result: string };
  pipeline: { name: string };
  /** By stage name; only stages that ended. */
  stages: { [name: string]: { result: string; outputs: { [name: string]: string } } };
}

/**
 * A stage with all that is known before its pod starts filled in.
 *
 * Strings of steps (parameters and env, scripts too) and outputs are templates still, which the runner renders exactly
 * once with `scope`: what speaks of `steps` or `env` is as written, what was filled in has each `${{` escaped, so that
 * a parameter's value is never evaluated. `if`s are as written. All other strings are final.
 */
export interface StageInstance extends Omit<PlannedStage, 'needs' | 'when' | 'allowFailure' | 'retries'> {
  source?: PlannedSource & { revision?: string };
  /** Names of the Secrets that the runner needs: the checkout's and those that steps name. */
  credentials: string[];
  /** What the runner's expressions need of it: stages that none of them names are left out. */
  scope: Scope;
}
