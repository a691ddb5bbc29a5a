/** Made by hack/generate/main.ts from crds/definitions/: edit those. */
/**
 * Who brings the shell that runs scripts. Image: the image has /bin/sh. Otto: the image has none, a static busybox is lent to it. Default: Image.
 */
export type Shell = 'Image' | 'Otto';
/**
 * How a stage ended.
 */
export type StageResult =
  'Succeeded' | 'Unstable' | 'Failed' | 'Aborted' | 'Skipped' | 'Cancelled' | 'TimedOut' | 'Lost';
/**
 * How the Run ended, the worst of its stages. Lost means that the infrastructure failed, not the stage.
 */
export type RunResult = 'Succeeded' | 'Unstable' | 'Failed' | 'Aborted' | 'Cancelled' | 'TimedOut' | 'Lost';
/**
 * Waiting: not started. Starting: its pod exists, no step has begun. Stopping: told to end, pod not gone. Retrying: waits for its next attempt. Finished: `result` is set.
 */
export type StageState = 'Waiting' | 'Starting' | 'Running' | 'Stopping' | 'Retrying' | 'Finished';
/**
 * How a step ended.
 */
export type StepResult =
  'Succeeded' | 'Unstable' | 'Failed' | 'Aborted' | 'Skipped' | 'TimedOut' | 'Cancelled' | 'Lost';
export type Json = null | boolean | number | string | Json[] | {[key: string]: Json};

/**
 * What to run. Strings may hold `${{ CEL }}`, script bodies excepted (they get environment variables).
 */
export interface PipelineSpec {
  /**
   * What the Pipeline is for, in a line for people.
   */
  description?: string;
  /**
   * Parameters that a Run may give. Expressions read `params.NAME`, scripts the variable `PARAM_NAME`.
   *
   * Items: A parameter that a Run may give.
   */
  params?: Param[];
  /**
   * Where the sources are. Each stage starts with a checkout of the one revision that the Run resolved.
   */
  source?: {
    /**
     * A git repository.
     */
    git: GitSource;
  };
  /**
   * Environment variables of all steps. A stage's and a step's own win. Example: {LANG: C.UTF-8}
   */
  env?: {
    [k: string]: string;
  };
  /**
   * Longest time for the whole Run, waiting included. `finally` stages come after it. Default: 6h. Example: 1h30m
   */
  timeout?: string;
  /**
   * Settings of each stage that does not say otherwise.
   */
  defaults?: Defaults;
  /**
   * The stages, one pod each. They run in the order written; `needs` makes any other order.
   *
   * Items: A stage with `steps` runs in a pod of its own; a group holds `stages` (in order) or `parallel` (side by side).
   */
  stages: Stage[];
  /**
   * Stages that run at the end in this order, whatever the result, cancel included. No groups. Scripts read the result in `OTTO_RUN_RESULT`.
   *
   * Items: A stage with `steps` runs in a pod of its own; a group holds `stages` (in order) or `parallel` (side by side).
   */
  finally?: Stage[];
}
/**
 * What the operator found when it checked the Pipeline.
 */
export interface PipelineStatus {
  /**
   * The `metadata.generation` that this status is about; -1 until the operator has seen it.
   */
  observedGeneration?: number;
  /**
   * `Ready` is True when the Pipeline can be run; else its message says each error, where it is and what to do.
   *
   * Items: One aspect of the state, as Kubernetes' API conventions define a condition.
   */
  conditions?: Condition[];
  /**
   * Number of stages with steps, `finally` included.
   */
  stages?: number;
}
/**
 * A parameter that a Run may give.
 */
export interface Param {
  /**
   * Its name, for `params.NAME` and, in upper case with "_" for "-", the variable `PARAM_NAME`. Example: version
   */
  name: string;
  /**
   * What values it takes. Default: string.
   */
  type?: 'string' | 'number' | 'boolean' | 'array' | 'choice';
  /**
   * What it is for, shown to whoever starts a Run.
   */
  description?: string;
  /**
   * The value when a Run gives none. Without it, each Run must give one.
   */
  default?: Json;
  /**
   * The values allowed, for type choice.
   */
  choices?: string[];
}
/**
 * A git repository.
 */
export interface GitSource {
  /**
   * Where to clone from, over https or ssh. Never with a password in it, see `credentials`. Example: https://git.example/acme/webapp.git
   */
  url: string;
  /**
   * The branch, tag or full name of a ref to take when the Run names no revision. Default: the repository's HEAD. Example: main
   */
  ref?: string;
  /**
   * How many commits of history to fetch. Left out, all of it. Example: 1
   */
  depth?: number;
  /**
   * Whether to check out submodules too. Default: false.
   */
  submodules?: boolean;
  /**
   * Name of a Secret of type `kubernetes.io/basic-auth` or `kubernetes.io/ssh-auth` (which may hold `known_hosts`). Steps never see it. Example: git-login
   */
  credentials?: string;
}
/**
 * Settings of each stage that does not say otherwise.
 */
export interface Defaults {
  /**
   * Image of the container that runs scripts. Example: node:24
   */
  image?: string;
  /**
   * Environment variables of all steps. They win over those of the Pipeline.
   */
  env?: {
    [k: string]: string;
  };
  /**
   * CPU, memory and the like of the container that runs scripts.
   */
  resources?: Resources;
  /**
   * Longest time for a stage, from its first step on. Default: only the Run's timeout. Example: 30m
   */
  timeout?: string;
  /**
   * From TERM to KILL when a step is ended by a timeout or a cancel. Default: 10s.
   */
  gracePeriod?: string;
  /**
   * How often a stage is tried again, in a new pod, and after what.
   */
  retries?: Retries;
  /**
   * Service account of the stages' pods. Its token is not mounted. Default: default.
   */
  serviceAccountName?: string;
  /**
   * User and rights of all containers of a stage. The rest is as the Pod Security profile "restricted" asks.
   */
  securityContext?: StageSecurityContext;
  /**
   * Merged into the pod by strategic merge, as `kubectl patch` does: `{spec: {nodeSelector: …}}`. Example: {spec: {nodeSelector: {disk: ssd}}}
   */
  podTemplate?: {[key: string]: Json};
  /**
   * Who brings the shell that runs scripts. Image: the image has /bin/sh. Otto: the image has none, a static busybox is lent to it. Default: Image.
   */
  shell?: Shell;
}
/**
 * CPU, memory and the like of a container.
 */
export interface Resources {
  /**
   * What the scheduler reserves. Example: {cpu: 500m, memory: 256Mi}
   */
  requests?: {
    [k: string]: string | number;
  };
  /**
   * What it may use at most. Over the memory limit it is killed. Example: {memory: 1Gi}
   */
  limits?: {
    [k: string]: string | number;
  };
}
/**
 * User and rights of all containers of a stage. The rest is as the Pod Security profile "restricted" asks.
 */
export interface StageSecurityContext {
  /**
   * User id of all containers of the stage. 0 (root) only where the namespace allows it. Default: 1000.
   */
  runAsUser?: number;
  /**
   * Group id of all containers of the stage. Default: 1000.
   */
  runAsGroup?: number;
  /**
   * Whether images' files are read-only. Workspace and HOME stay writable. Default: false.
   */
  readOnlyRootFilesystem?: boolean;
}
/**
 * How often a stage is tried again, in a new pod, and after what.
 */
export interface Retries {
  /**
   * Retries after a failure of the stage itself, 0 to 10. Default: 0.
   */
  limit?: number;
  /**
   * Results that `limit` is for. Default: [Failed, TimedOut].
   */
  results?: ('Failed' | 'TimedOut')[];
  /**
   * How long to wait before a retry. Each wait is the one before times `factor`, up to `max`.
   */
  backoff?: {
    /**
     * Wait before the first retry. Default: 10s for a stage, 1s for a step.
     */
    initial?: string;
    /**
     * What each further wait is multiplied by, 1 to 10. Default: 2.
     */
    factor?: number;
    /**
     * The longest wait. Default: 5m for a stage, 1m for a step.
     */
    max?: string;
  };
  /**
   * Retries after a failure that is not the stage's own (node lost, pod evicted …), 0 to 10. Default: 2.
   */
  infrastructure?: number;
}
/**
 * What to run and with what. It cannot be changed later, but for `state` and `ttlAfterFinished`.
 */
export interface RunSpec {
  /**
   * The Pipeline to run. If it does not exist yet, the Run waits for it.
   */
  pipelineRef?: {
    /**
     * Name of a Pipeline in the Run's namespace. Example: webapp
     */
    name: string;
  };
  /**
   * A Pipeline's spec, in place of `pipelineRef`.
   */
  pipelineSpec?: PipelineSpec;
  /**
   * Values of the Pipeline's parameters, by name. Example: {version: "1.4", dryRun: false}
   */
  params?: {[name: string]: Json};
  /**
   * What exactly to check out, and where it came from. Expressions read it as `source`.
   */
  source?: RunSource;
  /**
   * What should happen, to be edited at any time. Paused: nothing new starts. Cancelled: all stops, then `finally` runs; it cannot be taken back. Default: Running.
   */
  state?: 'Running' | 'Paused' | 'Cancelled';
  /**
   * How long the Run is kept after its end. It can be edited. Default: as the operator is configured. Example: 168h
   */
  ttlAfterFinished?: string;
}
/**
 * What exactly to check out, and where it came from. Expressions read it as `source`.
 */
export interface RunSource {
  /**
   * The commit that each stage checks out. Left out, the first checkout decides for all.
   */
  revision?: string;
  /**
   * The branch that it is for. It is checked out where no revision is given. Example: main
   */
  branch?: string;
  /**
   * The tag that it is for. It is checked out where no revision is given.
   */
  tag?: string;
  /**
   * Author of the revision.
   */
  author?: string;
  /**
   * Message of the revision.
   */
  message?: string;
  /**
   * Paths changed since the revision delivered before, for `when`.
   */
  changedPaths?: string[];
}
/**
 * What has happened so far, written by the operator.
 */
export interface RunStatus {
  /**
   * The `metadata.generation` that this status is about; -1 until the operator has seen it.
   */
  observedGeneration?: number;
  /**
   * `Succeeded` is Unknown until the end, then True (Succeeded, Unstable) or False, with the result as reason.
   *
   * Items: One aspect of the state, as Kubernetes' API conventions define a condition.
   */
  conditions?: Condition[];
  /**
   * How the Run ended, the worst of its stages. Lost means that the infrastructure failed, not the stage.
   */
  result?: RunResult;
  /**
   * When the operator took up the Run.
   */
  startTime?: string;
  /**
   * When the last stage had ended, `finally` included.
   */
  completionTime?: string;
  /**
   * From start to completion, set at the end. Example: 1m32s
   */
  duration?: string;
  /**
   * Name of the ControllerRevision that holds the frozen plan. Later edits of the Pipeline do not change it.
   */
  plan?: string;
  /**
   * The first cause of a bad end, or what the Run waits for, in a sentence to act on.
   */
  message?: string;
  /**
   * Finished of all stages. Example: 3/7
   */
  progress?: string;
  /**
   * Names of the stages that run now, separated by commas; cut when there are many.
   */
  current?: string;
  /**
   * The one revision that each stage checks out.
   */
  revision?: string;
  /**
   * Number of stages by state or result. Zeroes are left out. Example: {Succeeded: 3, Running: 1}
   */
  counts?: {
    [k: string]: number;
  };
  /**
   * The stages that have started or ended. What has not started yet is left out.
   *
   * Items: What has happened to one stage.
   */
  stages?: StageStatus[];
}
/**
 * What has happened to one stage.
 */
export interface StageStatus {
  /**
   * The stage's name.
   */
  name: string;
  /**
   * Waiting: not started. Starting: its pod exists, no step has begun. Stopping: told to end, pod not gone. Retrying: waits for its next attempt. Finished: `result` is set.
   */
  state: StageState;
  /**
   * How a stage ended.
   */
  result?: StageResult;
  /**
   * Why, as one word in CamelCase. The troubleshooting guide has an entry for each.
   */
  reason?: string;
  /**
   * Why, in a sentence to act on.
   */
  message?: string;
  /**
   * The current or last attempt, from 1.
   */
  attempt?: number;
  /**
   * Name of that attempt's pod.
   */
  podName?: string;
  /**
   * Its UID.
   */
  podUID?: string;
  /**
   * When that attempt started.
   */
  startTime?: string;
  /**
   * When the stage ended.
   */
  finishTime?: string;
  /**
   * Why the stage is being stopped. It decides the result once the pod is gone.
   */
  stopping?: 'Cancelled' | 'TimedOut' | 'Lost';
  /**
   * When it was first told to stop.
   */
  stopTime?: string;
  /**
   * Its steps, `post` included, as far as they have started.
   *
   * Items: What has happened to one step.
   */
  steps?: StepStatus[];
  /**
   * Its outputs, by name.
   */
  outputs?: {
    [k: string]: string;
  };
  /**
   * Attempts that ended and were followed by another.
   *
   * Items: An attempt that was followed by another.
   */
  retried?: RetriedAttempt[];
}
/**
 * An attempt that was followed by another.
 */
export interface RetriedAttempt {
  /**
   * Its number, from 1.
   */
  attempt: number;
  /**
   * How a stage ended.
   */
  result: StageResult;
  /**
   * Why it ended so, as one word in CamelCase.
   */
  reason: string;
  /**
   * Why it ended so, in a sentence.
   */
  message?: string;
  /**
   * Name of its pod.
   */
  podName?: string;
  /**
   * When it ended.
   */
  finishTime: string;
}
/**
 * What has happened to one step.
 */
export interface StepStatus {
  /**
   * Its label, or else its symbol.
   */
  name: string;
  /**
   * Its `id`, if it has one.
   */
  id?: string;
  /**
   * How it ended. Absent while it runs.
   */
  result?: StepResult;
  /**
   * Exit code of its script or program.
   */
  exitCode?: number;
  /**
   * When it started.
   */
  startTime?: string;
  /**
   * When it ended.
   */
  finishTime?: string;
  /**
   * What went wrong, in a sentence.
   */
  message?: string;
}
/**
 * One aspect of the state, as Kubernetes' API conventions define a condition.
 */
export interface Condition {
  /**
   * What the condition is about, in CamelCase. Example: Succeeded
   */
  type: string;
  /**
   * Whether it holds.
   */
  status: 'True' | 'False' | 'Unknown';
  /**
   * Why, as one word in CamelCase. The troubleshooting guide has an entry for each.
   */
  reason: string;
  /**
   * Why, in a sentence for people.
   */
  message: string;
  /**
   * When `status` changed last.
   */
  lastTransitionTime: string;
  /**
   * The `metadata.generation` that the condition was made for.
   */
  observedGeneration?: number;
}
/**
 * A stage with `steps` runs in a pod of its own; a group holds `stages` (in order) or `parallel` (side by side).
 */
export interface Stage {
  /**
   * Its name, unique over the whole Pipeline, groups and `finally` included. Example: unit-tests
   */
  name: string;
  /**
   * What it does, in a line for people.
   */
  description?: string;
  /**
   * Stages or groups that must have ended well before this one starts, in place of the one written before it. `[]` starts at once. Example: [build, lint]
   */
  needs?: string[];
  /**
   * A CEL condition, without braces. If it is false the stage is skipped, and what needs it goes on. Example: source.branch == 'main'
   */
  when?: string;
  /**
   * Environment variables of its steps. They win over those of the Pipeline and of groups around it.
   */
  env?: {
    [k: string]: string;
  };
  /**
   * Whether the Run goes on and can succeed though this stage fails. Its failure is still shown. Default: false.
   */
  allowFailure?: boolean;
  /**
   * Makes this a group whose members run in the order written. Groups may hold groups, two deep.
   *
   * Items: A stage with `steps` runs in a pod of its own; a group holds `stages` (in order) or `parallel` (side by side).
   */
  stages?: Stage[];
  /**
   * Makes this a group whose members run side by side. Groups may hold groups, two deep.
   *
   * Items: A stage with `steps` runs in a pod of its own; a group holds `stages` (in order) or `parallel` (side by side).
   */
  parallel?: Stage[];
  /**
   * What to do, in order, in one workspace. The first step that fails ends the stage.
   *
   * Items: One key that names a step of the library, with its parameters: `sh: make`, `git: {url: …}`. Beside it, any of these fields.
   */
  steps?: Step[];
  /**
   * Steps for after the steps, cancel and timeout included. They have a time limit of their own.
   */
  post?: {
    /**
     * Run whatever the result, after the other two.
     *
     * Items: One key that names a step of the library, with its parameters: `sh: make`, `git: {url: …}`. Beside it, any of these fields.
     */
    always?: Step[];
    /**
     * Run if the steps ended well.
     *
     * Items: One key that names a step of the library, with its parameters: `sh: make`, `git: {url: …}`. Beside it, any of these fields.
     */
    success?: Step[];
    /**
     * Run if the steps did not end well.
     *
     * Items: One key that names a step of the library, with its parameters: `sh: make`, `git: {url: …}`. Beside it, any of these fields.
     */
    failure?: Step[];
  };
  /**
   * Image of the container `main`, which runs scripts. Needed, here or in `defaults`, once a step is a script. Default: defaults.image. Example: golang:1.26
   */
  image?: string;
  /**
   * Who brings the shell that runs scripts. Image: the image has /bin/sh. Otto: the image has none, a static busybox is lent to it. Default: Image.
   */
  shell?: Shell;
  /**
   * More containers with the same workspace. A step says with `container` that it runs in one of them.
   *
   * Items: A further container of a stage's pod.
   */
  containers?: Container[];
  /**
   * Containers that serve the steps at 127.0.0.1, such as a database. Started before the first step, gone with the stage.
   *
   * Items: A container that serves the steps of a stage.
   */
  services?: Service[];
  /**
   * CPU, memory and the like of the container `main`.
   */
  resources?: Resources;
  /**
   * User and rights of all containers of a stage. The rest is as the Pod Security profile "restricted" asks.
   */
  securityContext?: StageSecurityContext;
  /**
   * Service account of the pod. Its token is not mounted. Default: defaults.serviceAccountName, else default.
   */
  serviceAccountName?: string;
  /**
   * Merged into the pod by strategic merge, as `kubectl patch` does: `{spec: {nodeSelector: …}}`. Example: {spec: {nodeSelector: {disk: ssd}}}
   */
  podTemplate?: {[key: string]: Json};
  /**
   * Whether the stage starts with a checkout of the Pipeline's source. Without, its workspace is empty. Default: true where the Pipeline has a source.
   */
  checkout?: boolean;
  /**
   * Longest time for the stage, from its first step on, each attempt anew. Default: defaults.timeout, else only the Run's; 10m in `finally`. Example: 30m
   */
  timeout?: string;
  /**
   * From TERM to KILL when a step is ended by a timeout or a cancel. Default: 10s.
   */
  gracePeriod?: string;
  /**
   * How often a stage is tried again, in a new pod, and after what.
   */
  retries?: Retries;
  /**
   * Values for later stages, which read them as `stages.NAME.outputs.KEY`. Example: {version: '${{ steps.compute.outputs.version }}'}
   */
  outputs?: {
    [k: string]: string;
  };
}
/**
 * A further container of a stage's pod.
 */
export interface Container {
  /**
   * Its name, which steps give as `container`.
   */
  name: string;
  /**
   * Its image.
   */
  image: string;
  /**
   * Who brings the shell that runs scripts. Image: the image has /bin/sh. Otto: the image has none, a static busybox is lent to it. Default: Image.
   */
  shell?: Shell;
  /**
   * Environment variables of the steps that run in it. A step's own win.
   */
  env?: {
    [k: string]: string;
  };
  /**
   * CPU, memory and the like of a container.
   */
  resources?: Resources;
}
/**
 * A container that serves the steps of a stage.
 */
export interface Service {
  /**
   * Its name. Example: db
   */
  name: string;
  /**
   * Its image. Example: postgres:17
   */
  image: string;
  /**
   * Program in place of the image's entrypoint.
   */
  command?: string[];
  /**
   * Arguments in place of the image's.
   */
  args?: string[];
  /**
   * Its environment variables.
   */
  env?: {
    [k: string]: string;
  };
  /**
   * CPU, memory and the like of a container.
   */
  resources?: Resources;
  /**
   * How to know that it is ready. The first step waits for it. Exactly one of tcp, http and exec.
   */
  ready?: {
    /**
     * Ready when this port takes a connection. Example: 5432
     */
    tcp?: number;
    /**
     * Ready when a GET answers with a status from 200 to 399.
     */
    http?: {
      /**
       * The port to ask.
       */
      port: number;
      /**
       * The path to ask for. Default: /.
       */
      path?: string;
    };
    /**
     * Ready when this command, run in the service's container, exits 0. Example: [pg_isready]
     */
    exec?: string[];
    /**
     * How long it may take to be ready. Default: 5m.
     */
    timeout?: string;
  };
}
/**
 * One key that names a step of the library, with its parameters: `sh: make`, `git: {url: …}`. Beside it, any of these fields.
 */
export interface Step {
  /**
   * Name by which later steps read its outputs, `steps.ID.outputs.NAME`. Example: compute
   */
  id?: string;
  /**
   * A CEL condition, without braces. If it is false the step is skipped. Example: params.dryRun
   */
  if?: string;
  /**
   * Environment variables of this step alone. They win over all others.
   */
  env?: {
    [k: string]: string;
  };
  /**
   * Longest time for the step, each try anew. Default: only the stage's.
   */
  timeout?: string;
  /**
   * Container that runs its script: one of the stage's `containers`. Default: main.
   */
  container?: string;
  /**
   * Whether the stage goes on, and can succeed, though this step fails. Default: false.
   */
  continueOnError?: boolean;
  /**
   * How often the step is tried again in the same pod and workspace.
   */
  retries?: {
    /**
     * Retries after a failure, 0 to 10. Default: 0.
     */
    limit?: number;
    /**
     * How long to wait before a retry. Each wait is the one before times `factor`, up to `max`.
     */
    backoff?: {
      /**
       * Wait before the first retry. Default: 10s for a stage, 1s for a step.
       */
      initial?: string;
      /**
       * What each further wait is multiplied by, 1 to 10. Default: 2.
       */
      factor?: number;
      /**
       * The longest wait. Default: 5m for a stage, 1m for a step.
       */
      max?: string;
    };
  };
  [symbol: string]: Json | undefined;
}
