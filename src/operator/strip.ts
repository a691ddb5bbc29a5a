/** What the caches keep of an object: memory is paid per object held. */
import type { KubeObject, ObjectMeta, Pod, PodSpec } from '../api/kubernetes.ts';

type Container = PodSpec['containers'][number];

export function stripMeta(metadata: ObjectMeta): ObjectMeta {
  const { managedFields: _, annotations, ...rest } = metadata;
  if (annotations === undefined) return rest;
  const { 'kubectl.kubernetes.io/last-applied-configuration': __, ...kept } = annotations;
  return { ...rest, annotations: kept };
}

export function stripObject<T extends KubeObject>(object: T): T {
  return { ...object, metadata: stripMeta(object.metadata) };
}

/** A pod's spec is the larger half of it and ours; what is read back is where it runs, limits, and how and for how long it is stopped. */
export function stripPod(pod: Pod): Pod {
  const { annotations: _, managedFields: __, ...metadata } = pod.metadata;
  const { spec, status } = pod;
  const small: Pod = { metadata };
  if (spec !== undefined) {
    const kept: PodSpec = { containers: spec.containers.map(stripContainer) };
    if (spec.nodeName !== undefined) kept.nodeName = spec.nodeName;
    if (spec.activeDeadlineSeconds !== undefined) kept.activeDeadlineSeconds = spec.activeDeadlineSeconds;
    const { terminationGracePeriodSeconds: grace } = spec;
    if (grace !== undefined) kept.terminationGracePeriodSeconds = grace;
    if (spec.initContainers !== undefined) kept.initContainers = spec.initContainers.map(stripContainer);
    small.spec = kept;
  }
  if (status !== undefined) small.status = status;
  return small;
}

function stripContainer(container: Container): Container {
  const { name, image, resources, restartPolicy } = container;
  const kept: Container = { name };
  if (image !== undefined) kept.image = image;
  if (resources?.limits !== undefined) kept.resources = { limits: resources.limits };
  if (restartPolicy !== undefined) kept.restartPolicy = restartPolicy;
  return kept;
}
