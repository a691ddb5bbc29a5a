/** The Deployment that this process belongs to: owner of what the operator makes for itself, so that it goes with it. */
import type { KubeObject, OwnerReference } from '../api/kubernetes.ts';
import type { ApiClient } from '../kube/client.ts';
import { ApiError } from '../kube/errors.ts';
import type { ResourceType } from '../kube/resource.ts';
import type { OperatorConfig } from './config.ts';

const DEPLOYMENTS: ResourceType<KubeObject> = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
};

/** Undefined where there is none (a process outside of a cluster), or none that may be read. */
export async function findOwner(
  client: ApiClient,
  { namespace, release, podIP }: OperatorConfig,
): Promise<OwnerReference | undefined> {
  if (podIP === undefined) return undefined;
  try {
    const { metadata } = await client.get(DEPLOYMENTS, { namespace, name: release });
    const { name = '', uid = '' } = metadata;
    return { apiVersion: DEPLOYMENTS.apiVersion, kind: DEPLOYMENTS.kind, name, uid };
  } catch (error) {
    if (error instanceof ApiError && (error.code === 404 || error.code === 403)) return undefined;
    throw error;
  }
}
