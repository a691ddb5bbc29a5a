/** Workers that take keys of one queue. A failing key is put back with growing delay; it never stops a worker. */
import { describeError, type Logger } from './logging.ts';
import type { Metrics } from './metrics.ts';

export interface Outcome {
  result: 'success' | 'requeue' | 'conflict';
  requeueAfterMs?: number;
}

export interface KeyQueue {
  /** Undefined: shut down and drained. */
  get(): Promise<string | undefined>;
  done(key: string): void;
  forget(key: string): void;
  addAfter(key: string, ms: number): void;
  addRateLimited(key: string): void;
}

export interface PoolOptions {
  controller: string;
  workers: number;
  queue: KeyQueue;
  reconcile(key: string): Promise<Outcome>;
  logger: Logger;
  metrics: Metrics;
  /** Milliseconds, monotonic. */
  elapsed(): number;
}

/** Resolves when the queue is shut down and every key taken is finished. */
export async function runWorkers(options: PoolOptions): Promise<void> {
  await Promise.all(Array.from({ length: options.workers }, () => work(options)));
}

async function work(options: PoolOptions): Promise<void> {
  const { queue } = options;
  for (let key = await queue.get(); key !== undefined; key = await queue.get()) {
    try {
      await reconcile(key, options);
    } finally {
      queue.done(key);
    }
  }
}

async function reconcile(
  key: string,
  { controller, queue, logger, metrics, ...options }: PoolOptions,
): Promise<void> {
  const started = options.elapsed();
  let outcome: Outcome['result'] | 'error';
  try {
    const { result, requeueAfterMs } = await options.reconcile(key);
    outcome = result;
    queue.forget(key);
    if (requeueAfterMs !== undefined) queue.addAfter(key, requeueAfterMs);
  } catch (error) {
    outcome = 'error';
    logger.error('reconcile failed; it is tried again', { controller, key, ...describeError(error) });
    queue.addRateLimited(key);
  }
  metrics.reconciles.inc({ controller, outcome });
  metrics.reconcileSeconds.observe({ controller }, (options.elapsed() - started) / 1000);
}
