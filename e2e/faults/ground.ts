/** Otto with short limits on a cluster whose parts may be stopped, and the hands to do it with. */
import { join } from 'node:path';
import { type Components, open } from '../../hack/cluster/cluster.ts';
import type { Cluster } from '../../hack/cluster/contract.ts';
import { buildOttoImage } from '../../hack/image/build.ts';
import { exampleImage } from '../../hack/image/examples.ts';
import { exampleImages } from '../../hack/image/images.ts';
import { type Kubectl, kubectlOf } from '../../hack/install/kubectl.ts';
import { loadOnce } from '../../hack/install/load.ts';
import { helm, installOtto, operatorNamespace, release } from '../../hack/install/otto.ts';
import { kubeconfigAccess } from '../../src/kube/access.ts';
import { type ApiClient, createClient } from '../../src/kube/client.ts';

export const CHART: string = join(import.meta.dirname, '../../charts/otto');
/** Set to test what the cluster has, and not what this checkout is. */
const ANY_IMAGE = 'OTTO_E2E_ANY_IMAGE';
export const IMAGE = 'busybox:1.36';
/** Longest that a stage waits for what it lacks. */
export const PENDING_SECONDS = 60;
export const LOST_NODE_SECONDS = 5;
/** One installation for all faults: what would take an hour by default must fit into a test. */
const VALUES: readonly string[] = [
  'replicas=2',
  `operator.pendingLimitSeconds=${PENDING_SECONDS}`,
  'operator.postSeconds=5',
  `stages.lostNodeSeconds=${LOST_NODE_SECONDS}`,
];
/** On two cores that others use too, a pod may take a while. */
export const PATIENCE_MS = 180_000;

export interface Ground {
  readonly cluster: Cluster;
  readonly components: Components;
  readonly client: ApiClient;
  /** Without a namespace of its own. */
  readonly kubectl: Kubectl;
}

/** @throws where $OTTO_E2E_CLUSTER names no cluster that may be broken. */
export async function prepare(): Promise<Ground> {
  const name = process.env['OTTO_E2E_CLUSTER'];
  if (name === undefined) throw new Error('set OTTO_E2E_CLUSTER to a built cluster that may be broken');
  const cluster = await open(name);
  const { components } = cluster;
  if (components === undefined) throw new Error(`the parts of cluster ${name} cannot be stopped`);
  const { access } = await kubeconfigAccess({ file: cluster.kubeconfig });
  const busybox = await exampleImage('busybox', quiet);
  await loadOnce(cluster, busybox.archive, [busybox.ref, ...exampleImages.busybox.standsInFor]);
  if (!(await isInstalled(cluster))) {
    await installOtto(cluster, { image: await buildOttoImage({ log: quiet }), log: quiet, values: VALUES });
  }
  return { cluster, components, client: createClient({ access }), kubectl: await kubectlOf(cluster) };
}

/** With these values already, by the test before this one. */
async function isInstalled(cluster: Cluster): Promise<boolean> {
  const values = await helm(cluster, [
    'get',
    'values',
    release,
    '--namespace',
    operatorNamespace,
    '-o',
    'json',
  ]).catch(() => '{}');
  const { replicas, image, stages, reports }: Installed = JSON.parse(values);
  if (replicas !== 2 || stages?.lostNodeSeconds !== LOST_NODE_SECONDS) return false;
  if (reports?.enabled === false || (reports?.url ?? '') !== '') return false;
  if (process.env[ANY_IMAGE] !== undefined) return true;
  return `${image?.repository ?? ''}:${image?.tag ?? ''}` === (await buildOttoImage({ log: quiet })).ref;
}

interface Installed {
  replicas?: number;
  image?: { repository?: string; tag?: string };
  stages?: { lostNodeSeconds?: number };
  reports?: { enabled?: boolean; url?: string };
}

/** Changes some values, and returns when the new operators are ready. */
export async function upgrade({ cluster, kubectl }: Ground, ...values: readonly string[]): Promise<void> {
  const change = ['--reuse-values', ...values.flatMap((value) => ['--set', value])];
  await helm(cluster, ['upgrade', release, CHART, '--namespace', operatorNamespace, ...change]);
  await rolledOut(kubectl);
}

export async function rolledOut(kubectl: Kubectl, namespace: string = operatorNamespace): Promise<void> {
  const args = ['-n', namespace, 'rollout', 'status', `deployment/${release}`, '--timeout=120s'];
  await kubectl(args, { timeout: 130_000 });
}

export async function scaleOperators({ kubectl }: Ground, replicas: number): Promise<void> {
  await kubectl(['-n', operatorNamespace, 'scale', `deployment/${release}`, `--replicas=${replicas}`]);
}

function quiet(): void {}

/** Waits until it holds: a condition of the cluster, asked for again and again. */
export async function eventually<T>(
  what: string,
  holds: () => Promise<T | undefined> | T | undefined,
  limitMs: number = PATIENCE_MS,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const answer = await holds();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`not within ${limitMs / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
