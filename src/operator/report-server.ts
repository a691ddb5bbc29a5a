/**
 * The fast channel of the stages: a TLS server of the leader, by the operator's own authority, reached through a
 * Service whose EndpointSlice the leader writes.
 */
import type { KubeObject, OwnerReference, Pod } from '../api/kubernetes.ts';
import { FIELD_MANAGER, LABEL_ATTEMPT, LABEL_MANAGED_BY, LABEL_STAGE } from '../api/names.ts';
import type { ApiClient } from '../kube/client.ts';
import { ENDPOINT_SLICES } from '../kube/resource.ts';
import { type ListeningTls, listenHttps } from '../server/listen.ts';
import { reportsHandler, type StageOfPod } from '../server/reports.ts';
import { ensureTls, type TlsMaterial } from '../server/tls/tls-material.ts';
import { tokenReviewer } from '../server/token-review.ts';
import type { OperatorConfig } from './config.ts';
import { describeError, type Logger } from './logging.ts';
import type { Metrics } from './metrics.ts';
import type { ReportTarget } from './pod/build-pod.ts';
import type { ReportStore } from './report-store.ts';
import { PODS_BY_UID, runOf, type View, type Views } from './views.ts';

export interface ReportServerOptions {
  client: ApiClient;
  config: OperatorConfig;
  views: Pick<Views, 'runs' | 'pods'>;
  reports: ReportStore;
  /** The operator's own objects go with it. */
  owner: OwnerReference | undefined;
  /** A report of this Run came. */
  onReport(runKey: string): void;
  logger: Logger;
  metrics: Metrics;
  now: () => number;
}

export interface ReportServer {
  target(): ReportTarget;
  close(limitMs: number): Promise<void>;
}

interface StageOfRun extends StageOfPod {
  /** Of the Run. */
  key: { namespace: string; name: string };
  runUID: string;
}

const RENEW_MS = 3_600_000;
/** An EndpointSlice that somebody deleted, or that a former leader wrote late, is ours again after this long. */
const PUBLISH_MS = 30_000;

/** Undefined while direct reports are off. */
export async function startReportServer(options: ReportServerOptions): Promise<ReportServer | undefined> {
  const { client, config, views, logger, metrics, now } = options;
  const { reportUrl: url } = config;
  if (url === undefined) return undefined;
  let material = await ensureTls(client, tlsOptions(options, url), now());
  const handler = reportsHandler({
    review: tokenReviewer(client, now),
    findStage: (podUID) => findStage(views.pods, podUID),
    accept: (podUID, report) => {
      const stage = findStage(views.pods, podUID);
      // Of a Run that is gone nothing is kept: nobody would clear it away.
      if (stage === undefined || views.runs.get(stage.key)?.metadata.uid !== stage.runUID) return 'stale';
      const outcome = options.reports.put(stage.runUID, podUID, report);
      if (outcome === 'new') options.onReport(`${stage.key.namespace}/${stage.run}`);
      return outcome;
    },
    onAnswer: (code) => metrics.reports.inc({ code: String(code) }),
    onError: (error) => logger.warn('a report could not be checked', { ...describeError(error) }),
  });
  const server = await listenHttps(handler, material.server, config.ports.reports);
  await publish(options, server.port);
  const timer = setInterval(() => {
    renew(options, url, server, (fresh) => {
      material = fresh;
    }).catch((error: unknown) =>
      logger.error('the certificate of the report server could not be renewed; it is tried again', {
        ...describeError(error),
      }),
    );
  }, RENEW_MS);
  const publishing = setInterval(() => {
    publish(options, server.port).catch((error: unknown) =>
      logger.warn('the address for reports could not be published; it is tried again', {
        ...describeError(error),
      }),
    );
  }, PUBLISH_MS);
  return {
    target: () => ({ url, ca: material.authority }),
    close: async (limitMs) => {
      clearInterval(timer);
      clearInterval(publishing);
      await server.close(limitMs);
    },
  };
}

async function renew(
  options: ReportServerOptions,
  url: string,
  server: ListeningTls,
  use: (material: TlsMaterial) => void,
): Promise<void> {
  const fresh = await ensureTls(options.client, tlsOptions(options, url), options.now());
  server.renew(fresh.server);
  use(fresh);
}

function tlsOptions({ config, owner }: ReportServerOptions, url: string): Parameters<typeof ensureTls>[1] {
  return {
    namespace: config.namespace,
    name: `${config.release}-tls`,
    hosts: [new URL(url).hostname.replaceAll(/[[\]]/g, '')],
    labels: { [LABEL_MANAGED_BY]: 'otto', 'app.kubernetes.io/instance': config.release },
    ...(owner === undefined ? {} : { owner }),
  };
}

/** Where the Service leads: to this process. Nothing to write where it is not a pod. */
async function publish({ client, config, owner }: ReportServerOptions, port: number): Promise<void> {
  const { podIP } = config;
  if (podIP === undefined) return;
  const name = `${config.release}-reports`;
  const key = { namespace: config.namespace, name };
  const slice: KubeObject & { addressType: string; endpoints: object[]; ports: object[] } = {
    apiVersion: ENDPOINT_SLICES.apiVersion,
    kind: ENDPOINT_SLICES.kind,
    metadata: {
      ...key,
      labels: { 'kubernetes.io/service-name': name, 'endpointslice.kubernetes.io/managed-by': 'otto' },
      ...(owner === undefined ? {} : { ownerReferences: [owner] }),
    },
    addressType: podIP.includes(':') ? 'IPv6' : 'IPv4',
    endpoints: [{ addresses: [podIP], conditions: { ready: true } }],
    ports: [{ name: 'reports', port, protocol: 'TCP' }],
  };
  await client.patch(ENDPOINT_SLICES, key, { kind: 'apply', body: slice, fieldManager: FIELD_MANAGER });
}

function findStage(pods: View<Pod>, podUID: string): StageOfRun | undefined {
  const pod = pods.byIndex(PODS_BY_UID, podUID)[0];
  const run = pod === undefined ? undefined : runOf(pod);
  const { [LABEL_STAGE]: stage, [LABEL_ATTEMPT]: attempt } = pod?.metadata.labels ?? {};
  if (run === undefined || stage === undefined) return undefined;
  return {
    key: { namespace: pod?.metadata.namespace ?? '', name: run.name },
    run: run.name,
    runUID: run.uid,
    stage,
    attempt: Number(attempt),
  };
}
