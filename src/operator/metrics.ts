/** Everything that /metrics shows. One registry per operator, so that tests and simulations do not share it. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const REQUEST_BUCKETS = [0.005, 0.025, 0.1, 0.5, 1, 5, 30];
const RECONCILE_BUCKETS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10];
const START_BUCKETS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 120, 600];

export interface Metrics {
  registry: Registry;
  queueDepth: Gauge<'queue'>;
  queueAdds: Counter<'queue'>;
  queueRetries: Counter<'queue'>;
  queueLatency: Histogram<'queue'>;
  reconcileSeconds: Histogram<'controller'>;
  reconciles: Counter<'controller' | 'outcome'>;
  apiRequests: Counter<'verb' | 'resource' | 'code'>;
  apiSeconds: Histogram<'verb'>;
  runs: Counter<'result'>;
  stages: Counter<'result'>;
  attemptsRetried: Counter<'reason'>;
  runStart: Histogram;
  stageStart: Histogram;
  reports: Counter<'code'>;
  leader: Gauge;
  cacheAge: Gauge<'resource'>;
  cacheObjects: Gauge<'resource'>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: 'otto_' });
  const counter = <L extends string>(name: string, help: string, labelNames: L[]): Counter<L> =>
    new Counter<L>({ name: `otto_${name}`, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: L[]): Gauge<L> =>
    new Gauge<L>({ name: `otto_${name}`, help, labelNames, registers });
  const histogram = <L extends string>(
    name: string,
    help: string,
    labelNames: L[],
    buckets: number[],
  ): Histogram<L> => new Histogram<L>({ name: `otto_${name}`, help, labelNames, buckets, registers });
  return {
    registry,
    queueDepth: gauge('workqueue_depth', 'Keys that wait for a worker', ['queue']),
    queueAdds: counter('workqueue_adds_total', 'Keys added', ['queue']),
    queueRetries: counter('workqueue_retries_total', 'Keys added again after a failure', ['queue']),
    queueLatency: histogram('workqueue_wait_seconds', 'From added to taken', ['queue'], RECONCILE_BUCKETS),
    reconcileSeconds: histogram(
      'reconcile_seconds',
      'Length of one reconcile',
      ['controller'],
      RECONCILE_BUCKETS,
    ),
    reconciles: counter('reconciles_total', 'Reconciles by outcome: success, requeue, conflict, error', [
      'controller',
      'outcome',
    ]),
    apiRequests: counter('api_requests_total', 'Requests to the API server; code 0: no answer', [
      'verb',
      'resource',
      'code',
    ]),
    apiSeconds: histogram(
      'api_request_seconds',
      'Length of a request to the API server',
      ['verb'],
      REQUEST_BUCKETS,
    ),
    runs: counter('runs_total', 'Runs that ended, by result', ['result']),
    stages: counter('stages_total', 'Stages that ended, by result', ['result']),
    attemptsRetried: counter('stage_retries_total', 'Attempts of stages that were followed by another', [
      'reason',
    ]),
    runStart: histogram(
      'run_start_seconds',
      "From a Run's creation to its first pod's creation",
      [],
      START_BUCKETS,
    ),
    stageStart: histogram(
      'stage_start_seconds',
      "From a pod's creation to its stage running",
      [],
      START_BUCKETS,
    ),
    reports: counter('reports_total', 'Reports of stages by the HTTP status they got', ['code']),
    leader: gauge('leader', '1 while this process is the leader', []),
    cacheAge: gauge('cache_age_seconds', 'Since the API server last spoke on the watch', ['resource']),
    cacheObjects: gauge('cache_objects', 'Objects held', ['resource']),
  };
}
