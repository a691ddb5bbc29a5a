/** The Deployment that this process belongs to: owner of what the operator makes for itself, so that it goes with it. */
import type { KubeObject, OwnerReference } from '../api/kubernetes.ts';
import { Backoff } from '../kube/backoff.ts';
import type { ApiClient } from '../kube/client.ts';
import { type Clock, pause } from '../kube/clock.ts';
import { ApiError } from '../kube/errors.ts';
import type { ResourceType } from '../kube/resource.ts';
import type { OperatorConfig } from './config.ts';

const DEPLOYMENTS: ResourceType<KubeObject> = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
};

export interface Waiting {
  clock: Clock;
  signal: AbortSignal;
  onError: (error: unknown) => void;
}

/**
 * Waits for an API server that is away: a process that ends in place of that is started again after minutes only.
 * Undefined where there is none (a process outside of a cluster), or none that may be read.
 */
export async function findOwner(
  client: Pick<ApiClient, 'get'>,
  { namespace, release, podIP }: OperatorConfig,
  { clock, signal, onError }: Waiting,
): Promise<OwnerReference | undefined> {
  if (podIP === undefined) return undefined;
  const backoff = new Backoff({ firstMs: 500, maxMs: 5000, random: () => clock.random() });
  while (!signal.aborted) {
    try {
      const { metadata } = await client.get(DEPLOYMENTS, { namespace, name: release });
      const { name = '', uid = '' } = metadata;
      return { apiVersion: DEPLOYMENTS.apiVersion, kind: DEPLOYMENTS.kind, name, uid };
    } catch (error) {
      if (error instanceof ApiError && (error.code === 404 || error.code === 403)) return undefined;
      onError(error);
    }
    await pause(clock, backoff.next(), signal);
  }
  return undefined;
}
