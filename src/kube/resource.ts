/** Which path a kind lives under. */
import type { ControllerRevision, Event, KubeObject, Lease, Pod } from '../api/kubernetes.ts';
import { API_VERSION } from '../api/names.ts';
import type { Pipeline } from '../api/pipeline.ts';
import type { Run } from '../api/run.ts';

export interface ResourceType<T extends KubeObject> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Carries the object's type and nothing else: never set. */
  readonly object?: T;
}

function namespaced<T extends KubeObject>(apiVersion: string, kind: string, plural: string): ResourceType<T> {
  return { apiVersion, kind, plural, namespaced: true };
}

export const PODS: ResourceType<Pod> = namespaced('v1', 'Pod', 'pods');
export const EVENTS: ResourceType<Event> = namespaced('v1', 'Event', 'events');
export const SECRETS: ResourceType<KubeObject & { data?: Record<string, string>; type?: string }> =
  namespaced('v1', 'Secret', 'secrets');
export const LEASES: ResourceType<Lease> = namespaced('coordination.k8s.io/v1', 'Lease', 'leases');
export const CONTROLLER_REVISIONS: ResourceType<ControllerRevision> = namespaced(
  'apps/v1',
  'ControllerRevision',
  'controllerrevisions',
);
export const ENDPOINT_SLICES: ResourceType<KubeObject> = namespaced(
  'discovery.k8s.io/v1',
  'EndpointSlice',
  'endpointslices',
);
export const PIPELINES: ResourceType<Pipeline> = namespaced(API_VERSION, 'Pipeline', 'pipelines');
export const RUNS: ResourceType<Run> = namespaced(API_VERSION, 'Run', 'runs');

export interface ObjectKey {
  namespace?: string;
  name: string;
}

export function keyOf(object: KubeObject): ObjectKey {
  const { namespace, name = '' } = object.metadata;
  return namespace === undefined ? { name } : { namespace, name };
}

/** `/apis/otto.dev/v1alpha1/namespaces/NS/runs[/NAME[/SUB]]`; without a namespace the collection of all. */
export function pathOf<T extends KubeObject>(
  type: ResourceType<T>,
  namespace: string | undefined,
  name?: string,
  subresource?: string,
): string {
  const base = type.apiVersion.includes('/') ? `/apis/${type.apiVersion}` : `/api/${type.apiVersion}`;
  const scope =
    type.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${base}${scope}/${type.plural}${object}${subresource === undefined ? '' : `/${subresource}`}`;
}
