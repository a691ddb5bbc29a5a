/** What only the leader does: take reports, judge Pipelines, drive Runs. All of it ends when the lead is lost. */
import type { OwnerReference } from '../api/kubernetes.ts';
import type { ApiClient } from '../kube/client.ts';
import { type Clock, elapsedOf } from '../kube/clock.ts';
import { EventRecorder } from '../kube/events.ts';
import { WorkQueue } from '../kube/work-queue.ts';
import type { StepLibrary } from '../plan/manifest.ts';
import { type Caches, feedQueues } from './caches.ts';
import type { OperatorConfig } from './config.ts';
import { describeError, type Logger } from './logging.ts';
import type { Metrics } from './metrics.ts';
import { reconcilePipeline } from './pipeline/pipeline-controller.ts';
import { PlanStore } from './plan-store.ts';
import { PodWarnings } from './pod-warnings.ts';
import { Refusals } from './refusals.ts';
import { ReportChannel } from './report-channel.ts';
import type { ReportServer, ReportServerOptions } from './report-server.ts';
import { ReportStore } from './report-store.ts';
import { RunController } from './run/run-controller.ts';
import { queueKey } from './views.ts';
import { runWorkers } from './worker-pool.ts';

export interface LeadOptions {
  client: ApiClient;
  config: OperatorConfig;
  caches: Caches;
  library: StepLibrary;
  owner: OwnerReference | undefined;
  logger: Logger;
  metrics: Metrics;
  clock: Clock;
  /** Takes the stages' direct reports. Undefined: they are off. */
  startReports(options: ReportServerOptions): Promise<ReportServer | undefined>;
}

/** Compiling is CPU, so more workers would not judge faster. */
const PIPELINE_WORKERS = 1;
const CLOSE_MS = 2000;
const FLUSH_MS = 2000;

/** Resolves when `lost` aborted and every pass that had begun is finished. */
export async function lead(options: LeadOptions, lost: AbortSignal): Promise<void> {
  const { client, config, caches, library, owner, logger, metrics, clock } = options;
  const now = (): number => clock.now();
  const runs = createQueue('runs', metrics, clock);
  const pipelines = createQueue('pipelines', metrics, clock);
  const reports = new ReportStore();
  const warnings = new PodWarnings(client, now);
  const refusals = new Refusals(now);
  const recorder = new EventRecorder({
    client,
    component: 'otto',
    instance: config.identity,
    clock,
    onError: (error) => logger.warn('an event could not be written', { ...describeError(error) }),
  });
  const startReports = (): Promise<ReportServer | undefined> =>
    options.startReports({
      client,
      config,
      views: caches,
      reports,
      owner,
      onReport: (key) => runs.add(key),
      logger,
      metrics,
      now,
    });
  const channel = new ReportChannel(startReports, clock, logger);
  await channel.open(lost);
  const sources = {
    client,
    views: caches,
    plans: new PlanStore(client, library, caches.pipelines),
    reports,
    warnings,
    refusals,
    now,
    engine: config.engine,
  };
  const controller = new RunController({
    sources,
    targets: {
      client,
      views: caches,
      refusals,
      pods: config.pods,
      reportTarget: () => channel.target(),
      event: (run, kind, reason, message) => recorder.record(run, kind, reason, message),
    },
    client,
    logger,
    metrics,
    progressIntervalMs: config.progressIntervalMs,
  });
  const unfeed = feedQueues(caches, { run: (key) => runs.add(key), pipeline: (key) => pipelines.add(key) });
  // What changed while nobody led is found by looking at everything once.
  for (const run of caches.runs.all()) runs.add(queueKey(run));
  for (const pipeline of caches.pipelines.all()) pipelines.add(queueKey(pipeline));
  const stop = (): void => {
    runs.shutDown();
    pipelines.shutDown();
  };
  lost.addEventListener('abort', stop);
  if (lost.aborted) stop();
  const pool = { logger, metrics, elapsed: () => elapsedOf(clock) };
  try {
    await Promise.all([
      runWorkers({
        ...pool,
        controller: 'run',
        workers: config.workers,
        queue: runs,
        reconcile: (key) => controller.reconcile(key),
      }),
      runWorkers({
        ...pool,
        controller: 'pipeline',
        workers: PIPELINE_WORKERS,
        queue: pipelines,
        reconcile: (key) => reconcilePipeline(key, { client, pipelines: caches.pipelines, library, now }),
      }),
    ]);
  } finally {
    lost.removeEventListener('abort', stop);
    unfeed();
    await Promise.all([channel.close(CLOSE_MS), recorder.flush(FLUSH_MS)]);
  }
}

function createQueue(name: string, metrics: Metrics, clock: Clock): WorkQueue {
  return new WorkQueue({
    clock,
    onDepth: (depth) => metrics.queueDepth.set({ queue: name }, depth),
    onAdd: () => metrics.queueAdds.inc({ queue: name }),
    onRetry: () => metrics.queueRetries.inc({ queue: name }),
    onWait: (seconds) => metrics.queueLatency.observe({ queue: name }, seconds),
  });
}
