/** The cluster that these tests may break: its parts are killed, so give them one of their own. */

import { type Components, open } from '../../hack/cluster/cluster.ts';
import type { KubeObject } from '../../src/api/kubernetes.ts';
import { kubeconfigAccess } from '../../src/kube/access.ts';
import { type ApiClient, createClient } from '../../src/kube/client.ts';
import type { ResourceType } from '../../src/kube/resource.ts';

export type ConfigMap = KubeObject & { data?: Record<string, string> };

export const CONFIG_MAPS: ResourceType<ConfigMap> = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};

export interface Subject {
  client: ApiClient;
  components: Components;
}

/** @throws where $OTTO_E2E_KUBECONFIG and $OTTO_E2E_CLUSTER do not say which. */
export async function connect(): Promise<Subject> {
  const file = process.env['OTTO_E2E_KUBECONFIG'];
  const name = process.env['OTTO_E2E_CLUSTER'];
  if (file === undefined || name === undefined) {
    throw new Error('set OTTO_E2E_KUBECONFIG and OTTO_E2E_CLUSTER to a built cluster that may be broken');
  }
  const { components } = await open(name);
  if (components === undefined) throw new Error(`the parts of cluster ${name} cannot be stopped`);
  const { access } = await kubeconfigAccess({ file });
  return { client: createClient({ access }), components };
}

export async function createNamespace(client: ApiClient, name: string): Promise<void> {
  await client.request('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  });
}

export async function deleteNamespace(client: ApiClient, name: string): Promise<void> {
  await client.request('DELETE', `/api/v1/namespaces/${name}`);
}
