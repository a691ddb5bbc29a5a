import type { KubeObject } from './kubernetes.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface Pipeline extends KubeObject {
  spec: PipelineSpec;
  status?: PipelineStatus;
}

export interface PipelineStatus {
  observedGeneration?: number;
  conditions?: Condition[];
  /** Leaf stages, `finally` included. */
  stages?: number;
}

export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  lastTransitionTime: string;
  observedGeneration?: number;
}

export interface PipelineSpec {
  description?: string;
  params?: Param[];
  source?: { git: GitSource };
  env?: Record<string, string>;
  /** Duration such as `1h30m`; default 6h. Covers waiting too. */
  timeout?: string;
  defaults?: Defaults;
  stages: Stage[];
  finally?: Stage[];
}

export interface Param {
  name: string;
  type?: 'string' | 'number' | 'boolean' | 'array' | 'choice';
  description?: string;
  default?: Json;
  choices?: string[];
}

export interface GitSource {
  url: string;
  ref?: string;
  depth?: number;
  submodules?: boolean;
  /** Name of a Secret of type kubernetes.io/basic-auth or kubernetes.io/ssh-auth (with `known_hosts`). */
  credentials?: string;
}

export interface Defaults {
  image?: string;
  env?: Record<string, string>;
  resources?: Resources;
  timeout?: string;
  gracePeriod?: string;
  retries?: Retries;
  serviceAccountName?: string;
  securityContext?: StageSecurityContext;
  podTemplate?: { [key: string]: Json };
  shell?: Shell;
}

/** Image: the image has /bin/sh. Otto: a static busybox is placed in the pod for it. */
export type Shell = 'Image' | 'Otto';

export interface Resources {
  requests?: Record<string, string | number>;
  limits?: Record<string, string | number>;
}

export interface StageSecurityContext {
  runAsUser?: number;
  runAsGroup?: number;
  readOnlyRootFilesystem?: boolean;
}

export interface Retries {
  /** Retries after the user's own failure, 0 to 10; default 0. */
  limit?: number;
  on?: ('Failed' | 'TimedOut')[];
  backoff?: { initial?: string; factor?: number; max?: string };
  /** Retries after an infrastructure failure, 0 to 10; default 2. */
  infrastructure?: number;
}

/** A leaf has `steps`; a group has exactly one of `stages` (in order) and `parallel` (side by side). */
export interface Stage {
  name: string;
  description?: string;
  needs?: string[];
  when?: string;
  env?: Record<string, string>;
  allowFailure?: boolean;
  stages?: Stage[];
  parallel?: Stage[];
  // From here on: leaves only.
  steps?: Step[];
  post?: { always?: Step[]; success?: Step[]; failure?: Step[] };
  image?: string;
  shell?: Shell;
  containers?: Container[];
  services?: Service[];
  resources?: Resources;
  securityContext?: StageSecurityContext;
  serviceAccountName?: string;
  podTemplate?: { [key: string]: Json };
  /** false: this stage starts with an empty workspace. Default true where the Pipeline has a source. */
  checkout?: boolean;
  timeout?: string;
  /** From TERM to KILL of a step on timeout and cancel; default 10s. */
  gracePeriod?: string;
  retries?: Retries;
  outputs?: Record<string, string>;
}

export interface Container {
  name: string;
  image: string;
  shell?: Shell;
  env?: Record<string, string>;
  resources?: Resources;
}

export interface Service {
  name: string;
  image: string;
  command?: string[];
  args?: string[];
  env?: Record<string, string>;
  resources?: Resources;
  ready?: { tcp?: number; http?: { port: number; path?: string }; exec?: string[]; timeout?: string };
}

/** One step: the modifiers below plus exactly one other key, the step's symbol, with its parameters. */
export interface Step {
  id?: string;
  if?: string;
  env?: Record<string, string>;
  timeout?: string;
  container?: string;
  continueOnError?: boolean;
  retries?: { limit?: number; backoff?: { initial?: string; factor?: number; max?: string } };
  [symbol: string]: Json | undefined;
}

/** A modifier's name is never a symbol. */
export const STEP_MODIFIERS = ['id', 'if', 'env', 'timeout', 'container', 'continueOnError', 'retries'] as const;
