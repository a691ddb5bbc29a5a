// A cluster whose only nodes are simulated: nothing of it runs a pod for real.
import { kubeconfigAccess } from '../../src/kube/access.ts';
import { type ApiClient, createClient } from '../../src/kube/client.ts';
import { PIPELINES, PODS, pathOf, RUNS } from '../../src/kube/resource.ts';
import { up } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/contract.ts';
import type { Log } from '../tools/go-build.ts';
import { simulatedNode } from './kwok.ts';
import { eventually } from './wait.ts';

const NODES_MS = 30_000;
const CLEAN_MS = 120_000;

export async function clusterWithoutNode(
  name: string,
  log: Log,
): Promise<{ cluster: Cluster; client: ApiClient }> {
  const cluster = await up({ name, provider: 'built', log });
  const { access } = await kubeconfigAccess({ file: cluster.kubeconfig, context: cluster.context });
  const client = createClient({ access });
  await withoutRealNode(cluster, client);
  return { cluster, client };
}

/** Kubelet, container runtime and network would only take part of the processors. */
async function withoutRealNode({ components, name }: Cluster, client: ApiClient): Promise<void> {
  if (components === undefined) throw new Error('the cluster cannot stop its components');
  for (const component of ['kubelet', 'kube-proxy', 'coredns', 'containerd']) {
    await components.stopComponent(component, { grace: 3000 });
  }
  await client.request('DELETE', `/api/v1/nodes/${name}-node`);
}

export async function addNodes(client: ApiClient, nodes: number): Promise<void> {
  const names = Array.from({ length: nodes }, (_, i) => `simulated-${i}`);
  for (const name of names) {
    await client.request('POST', '/api/v1/nodes', simulatedNode(name)).catch((error: unknown) => {
      if (!String(error).includes('already exists')) throw error;
    });
  }
  await eventually('the simulated nodes are ready', NODES_MS, async () => {
    const list = JSON.stringify(await client.request('GET', '/api/v1/nodes'));
    return (
      (list.match(/"status":"True","type":"Ready"|"type":"Ready","status":"True"/g) ?? []).length >= nodes
    );
  });
}

/** A round must not find what one before left. */
export async function clean(client: ApiClient): Promise<void> {
  const [runs, pipelines] = await Promise.all([client.list(RUNS, {}), client.list(PIPELINES, {})]);
  for (const namespace of new Set(pipelines.items.map(({ metadata }) => metadata.namespace))) {
    await client.request('DELETE', pathOf(RUNS, namespace));
    await client.request('DELETE', pathOf(PIPELINES, namespace));
  }
  if (runs.items.length === 0) return;
  await eventually('the Runs and their pods are gone', CLEAN_MS, async () => {
    const left = await Promise.all([client.list(RUNS, { limit: 1 }), client.list(PODS, { limit: 1 })]);
    return left.every(({ items }) => items.length === 0);
  });
}
