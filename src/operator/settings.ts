/** Each flag of the operator with its environment variable and default; `otto operator --help` prints this. */
export interface Setting {
  variable: string;
  default?: string;
  description: string;
}

export const SETTINGS: { readonly [flag: string]: Setting } = {
  namespace: { variable: 'OTTO_NAMESPACE', default: 'otto', description: "the operator's own namespace" },
  'watch-namespaces': {
    variable: 'OTTO_WATCH_NAMESPACES',
    description: 'comma-separated; empty: all namespaces',
  },
  release: {
    variable: 'OTTO_RELEASE',
    default: 'otto',
    description: "name prefix of the operator's own objects",
  },
  identity: {
    variable: 'OTTO_IDENTITY',
    description: 'who this process is in the lease; default: host and pid',
  },
  'pod-ip': { variable: 'OTTO_POD_IP', description: 'address under which stages reach this process' },
  'leader-election': {
    variable: 'OTTO_LEADER_ELECTION',
    default: 'true',
    description: 'false only for a single process',
  },
  workers: { variable: 'OTTO_WORKERS', default: '8', description: 'Runs that are reconciled side by side' },
  'reports-port': {
    variable: 'OTTO_REPORTS_PORT',
    default: '8443',
    description: 'HTTPS, reports of the stages',
  },
  'observe-port': {
    variable: 'OTTO_OBSERVE_PORT',
    default: '8080',
    description: 'HTTP, /healthz /readyz /metrics',
  },
  'report-url': { variable: 'OTTO_REPORT_URL', description: 'where stages report; empty: no direct reports' },
  context: { variable: 'OTTO_CONTEXT', description: 'context of the kubeconfig, outside a cluster' },
  stdlib: {
    variable: 'OTTO_STDLIB',
    description: 'folder of the step library; default: the one that comes with Otto',
  },
  'log-level': { variable: 'OTTO_LOG_LEVEL', default: 'info', description: 'error, warn, info, debug' },
  'progress-interval-ms': {
    variable: 'OTTO_PROGRESS_INTERVAL_MS',
    default: '1000',
    description: 'how long mere progress of a Run may wait to be written with what comes next',
  },
  'pending-limit-seconds': {
    variable: 'OTTO_PENDING_LIMIT_SECONDS',
    default: '600',
    description: 'how long a stage waits for a missing image, Secret, quota or node',
  },
  'pipeline-limit-seconds': {
    variable: 'OTTO_PIPELINE_LIMIT_SECONDS',
    default: '3600',
    description: 'how long a Run waits for a Pipeline that does not exist',
  },
  'ttl-seconds': {
    variable: 'OTTO_TTL_SECONDS',
    description: 'finished Runs are deleted after this; empty: kept',
  },
  'max-pods-per-run': {
    variable: 'OTTO_MAX_PODS_PER_RUN',
    default: '50',
    description: 'unfinished pods of one Run',
  },
  'post-seconds': {
    variable: 'OTTO_POST_SECONDS',
    default: '60',
    description: "longest that a stage's post steps take",
  },
  'runner-image': {
    variable: 'OTTO_RUNNER_IMAGE',
    description: "image of the runner, as a rule the operator's own",
  },
  'runner-pull-policy': {
    variable: 'OTTO_RUNNER_PULL_POLICY',
    default: 'IfNotPresent',
    description: 'IfNotPresent, Always, Never',
  },
  'runner-resources': {
    variable: 'OTTO_RUNNER_RESOURCES',
    default: '{"requests":{"cpu":"10m","memory":"64Mi"},"limits":{"memory":"192Mi"}}',
    description: 'JSON, of the runner container',
  },
  'default-resources': {
    variable: 'OTTO_DEFAULT_RESOURCES',
    description: "JSON, of users' containers that ask for nothing",
  },
  'pod-template': {
    variable: 'OTTO_POD_TEMPLATE',
    description: "JSON, merged into each stage's pod before its own template",
  },
  'run-as-user': { variable: 'OTTO_RUN_AS_USER', default: '1000', description: 'uid of stage pods' },
  'run-as-group': {
    variable: 'OTTO_RUN_AS_GROUP',
    default: '1000',
    description: 'gid and fsGroup of stage pods',
  },
  'lost-node-seconds': {
    variable: 'OTTO_LOST_NODE_SECONDS',
    default: '60',
    description: 'a pod on an unreachable node is given up after this',
  },
  'io-bytes': {
    variable: 'OTTO_IO_BYTES',
    default: '67108864',
    description: 'size of the memory volume of FIFOs',
  },
  'log-bytes': {
    variable: 'OTTO_LOG_BYTES',
    default: '104857600',
    description: 'longest log of a stage; what is over is cut',
  },
  'outputs-bytes': {
    variable: 'OTTO_OUTPUTS_BYTES',
    default: '2048',
    description: 'outputs of a stage together',
  },
};
