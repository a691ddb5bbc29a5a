/** What the caches keep of an object: memory is paid per object held. */
import type { ContainerStatus, KubeObject, ObjectMeta, Pod, PodSpec } from '../api/kubernetes.ts';

type Container = PodSpec['containers'][number];
type Status = NonNullable<Pod['status']>;
type State = NonNullable<ContainerStatus['state']>;

/** Conditions that are read: why it has no node, and why it was ended. */
const CONDITIONS: ReadonlySet<string> = new Set(['PodScheduled', 'DisruptionTarget']);

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
  if (status !== undefined) small.status = stripStatus(status);
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

/** Half of what is left of a pod, and kept for as long as its Run is: only what says how it is doing. */
function stripStatus(status: Status): Status {
  const { phase, reason, message, conditions, initContainerStatuses, containerStatuses } = status;
  return {
    ...(phase === undefined ? {} : { phase }),
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    ...(conditions === undefined ? {} : { conditions: stripConditions(conditions) }),
    ...(initContainerStatuses === undefined
      ? {}
      : { initContainerStatuses: initContainerStatuses.map(stripContainerStatus) }),
    ...(containerStatuses === undefined
      ? {}
      : { containerStatuses: containerStatuses.map(stripContainerStatus) }),
  };
}

function stripConditions(conditions: NonNullable<Status['conditions']>): NonNullable<Status['conditions']> {
  return conditions
    .filter(({ type }) => CONDITIONS.has(type))
    .map(({ type, status, reason, message }) => ({
      type,
      status,
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
    }));
}

function stripContainerStatus(status: ContainerStatus): ContainerStatus {
  const { name, image, ready, restartCount, started, state, lastState } = status;
  return {
    name,
    image,
    imageID: '',
    ready,
    restartCount,
    ...(started === undefined ? {} : { started }),
    ...(state === undefined ? {} : { state: stripState(state) }),
    ...(lastState === undefined ? {} : { lastState: stripState(lastState) }),
  };
}

function stripState({ terminated, ...state }: State): State {
  if (terminated === undefined) return state;
  const { containerID: _, ...end } = terminated;
  return { ...state, terminated: end };
}
