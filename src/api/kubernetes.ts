/**
 * Kubernetes' own objects as they are on the wire: the client library's types with each `Date` as the RFC 3339
 * string that the API server sends. Types only, so importing this file costs nothing at run time.
 */
import type {
  CoreV1Event,
  V1ContainerStatus,
  V1ControllerRevision,
  V1Lease,
  V1ObjectMeta,
  V1OwnerReference,
  V1Pod,
  V1PodSpec,
} from '@kubernetes/client-node';

export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer U)[]
    ? Wire<U>[]
    : T extends object
      ? { [K in keyof T]: Wire<T[K]> }
      : T;

export type ObjectMeta = Wire<V1ObjectMeta>;
export type OwnerReference = Wire<V1OwnerReference>;
export type ContainerStatus = Wire<V1ContainerStatus>;
export type PodSpec = Wire<V1PodSpec>;
export type Pod = Wire<V1Pod> & { metadata: ObjectMeta };
export type Lease = Wire<V1Lease> & { metadata: ObjectMeta };
export type Event = Wire<CoreV1Event> & { metadata: ObjectMeta };
export type ControllerRevision = Wire<V1ControllerRevision> & { metadata: ObjectMeta };

/** What every object has; `T extends KubeObject` is what the client and the caches are generic over. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}
