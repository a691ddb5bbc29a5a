/** The operator as a whole: caches and observation from the start, the rest while it leads. */
import type { OwnerReference } from '../api/kubernetes.ts';
import type { Access } from '../kube/access.ts';
import { createClient } from '../kube/client.ts';
import { systemClock } from '../kube/clock.ts';
import { LeaderElector } from '../kube/leader-election.ts';
import { listenHttp } from '../server/listen.ts';
import { observeHandler } from '../server/observe.ts';
import { loadLibrary } from '../stdlib.ts';
import { CACHE_NAMES, createCaches } from './caches.ts';
import type { OperatorConfig } from './config.ts';
import { lead } from './lead.ts';
import { describeError, type Logger } from './logging.ts';
import { createMetrics } from './metrics.ts';
import { findOwner } from './own-deployment.ts';
import { startReportServer } from './report-server.ts';

const CLOSE_MS = 1000;

/** Resolves after a clean stop, once `stop` aborted. */
export async function runOperator(
  config: OperatorConfig,
  access: Access,
  logger: Logger,
  stop: AbortSignal,
): Promise<void> {
  const metrics = createMetrics();
  const library = loadLibrary(config.stdlib);
  const client = createClient({
    access,
    onRequest: (verb, resource, code, seconds) => {
      metrics.apiRequests.inc({ verb, resource, code: String(code) });
      metrics.apiSeconds.observe({ verb }, seconds);
    },
  });
  const caches = createCaches(client, config.watchNamespaces, logger, systemClock);
  const observe = observeHandler({
    notReady: () =>
      CACHE_NAMES.filter((name) => !caches[name].hasSynced()).map((name) => `${name} are not listed yet`),
    metrics: async () => {
      for (const name of CACHE_NAMES) {
        metrics.cacheAge.set({ resource: name }, caches[name].ageMs() / 1000);
        metrics.cacheObjects.set({ resource: name }, caches[name].size);
      }
      return { contentType: metrics.registry.contentType, text: await metrics.registry.metrics() };
    },
  });
  const observing = await listenHttp(observe, config.ports.observe);
  logger.info('operator started', {
    identity: config.identity,
    namespace: config.namespace,
    watches: config.watchNamespaces.join(',') || 'all namespaces',
    observePort: observing.port,
  });
  for (const name of CACHE_NAMES) caches[name].start(stop);
  try {
    const owner = await findOwner(client, config, {
      clock: systemClock,
      signal: stop,
      onError: (error) => logger.warn('the API server does not answer yet', { ...describeError(error) }),
    });
    const leading = async (lost: AbortSignal): Promise<void> => {
      metrics.leader.set(1);
      logger.info('this process leads', { identity: config.identity });
      try {
        await Promise.race([synced(caches), aborted(lost)]);
        if (lost.aborted) return;
        const parts = { client, config, caches, library, owner, logger, metrics };
        await lead({ ...parts, clock: systemClock, startReports: startReportServer }, lost);
      } finally {
        metrics.leader.set(0);
        logger.info('this process leads no more', { identity: config.identity });
      }
    };
    await (config.leaderElection ? elect(config, client, owner, logger, stop, leading) : leading(stop));
  } finally {
    await observing.close(CLOSE_MS);
  }
}

async function elect(
  config: OperatorConfig,
  client: ReturnType<typeof createClient>,
  owner: OwnerReference | undefined,
  logger: Logger,
  stop: AbortSignal,
  leading: (lost: AbortSignal) => Promise<void>,
): Promise<void> {
  while (!stop.aborted) {
    const elector = new LeaderElector({
      client,
      namespace: config.namespace,
      name: config.release,
      identity: config.identity,
      ...(owner === undefined ? {} : { owner }),
      onChange: (leader) => logger.info('leader seen', { leader }),
      onError: (error) => logger.warn('the lease could not be read or written', { ...describeError(error) }),
    });
    await elector.run(stop, leading);
  }
}

async function synced(caches: ReturnType<typeof createCaches>): Promise<void> {
  await Promise.all(CACHE_NAMES.map((name) => caches[name].whenSynced()));
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
