/** What a pod that has not begun waits for: told at once, waited for while it can heal, up to a limit. */
import type { ContainerStatus } from '../../api/kubernetes.ts';
import { RUNNER_CONTAINER } from '../../api/names.ts';
import { formatDuration } from '../../plan/duration.ts';
import type { Attempt, Policy, Verdict } from '../attempt.ts';
import { allContainers, createdAt } from '../observations.ts';
import { because, cut, firstLine } from '../text.ts';
import { startFailure } from './container-failure.ts';
import { serviceFailure } from './service-failure.ts';

interface Waiting {
  reason: string;
  message: string;
  /** No waiting can help. */
  never?: boolean;
}

export const podWaiting: Policy = (attempt): Verdict | undefined => {
  const { pod, now, config, status } = attempt;
  if (pod === undefined || status.stopping !== undefined) return undefined;
  // The pod is stopped as a leftover: its stage has its result now.
  const failure = userStartFailure(attempt) ?? serviceFailure(pod);
  if (failure !== undefined) return { kind: 'ended', outcome: failure };
  const waiting = waitsFor(attempt);
  if (waiting === undefined && hasBegun(attempt)) return undefined;
  const limitAt = createdAt(pod) + config.pendingLimitSeconds * 1000;
  if (waiting?.never !== true && now < limitAt) {
    if (waiting === undefined) return { kind: 'goesOn', wakeAt: limitAt };
    return { kind: 'goesOn', reason: waiting.reason, message: waiting.message, wakeAt: limitAt };
  }
  const { reason, message } = waiting ?? {
    reason: 'PodNotStarted',
    message: `Pod "${pod.metadata.name}" did not start on node "${pod.spec?.nodeName ?? 'unknown'}".`,
  };
  const limit = formatDuration(config.pendingLimitSeconds);
  const after = waiting?.never === true ? '' : ` Given up after ${limit}.`;
  return { kind: 'stop', cause: 'Lost', reason, message: `${message}${after}` };
};

/** A step has begun, or all containers have. */
function hasBegun({ pod, report }: Attempt): boolean {
  if (report !== undefined && report.steps.length > 0) return true;
  const containers = pod?.status?.containerStatuses ?? [];
  return (
    containers.length > 0 &&
    containers.every(({ state }) => state !== undefined && state.waiting === undefined)
  );
}

function userStartFailure({ pod }: Attempt): ReturnType<typeof startFailure> {
  for (const status of pod?.status?.containerStatuses ?? []) {
    const failure = status.name === RUNNER_CONTAINER ? undefined : startFailure(status);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

function waitsFor({ pod, warning }: Attempt): Waiting | undefined {
  if (pod === undefined) return undefined;
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') {
    const why = cut(firstLine(scheduled.message), 600);
    return { reason: 'Unschedulable', message: `No node takes pod "${pod.metadata.name}"${because(why)}.` };
  }
  for (const status of allContainers(pod)) {
    // A service that ran and starts again, perhaps hours later: the limit is for what never began.
    if (status.lastState?.terminated !== undefined) continue;
    const waiting = containerWaits(status, pod.metadata.namespace ?? '');
    if (waiting !== undefined) return waiting;
  }
  // Only of a pod that is being created does the caller ask for warnings.
  return warning && warned(warning.reason, warning.message);
}

function containerWaits({ name, image, state }: ContainerStatus, namespace: string): Waiting | undefined {
  const { reason, message } = state?.waiting ?? {};
  const whose = `Image "${image}" of container "${name}"`;
  switch (reason) {
    case 'ErrImagePull':
    case 'ImagePullBackOff':
    case 'ErrImageNeverPull':
    case 'ImageInspectError':
    case 'RegistryUnavailable':
    case 'SignatureValidationFailed':
      // Of the two that alternate only the first says why.
      return {
        reason: 'ImagePullFailed',
        message: `${whose} cannot be pulled${reason === 'ImagePullBackOff' ? '' : because(message)}.`,
      };
    case 'InvalidImageName':
      return { reason: 'InvalidImageName', message: `${whose} is no name of an image.`, never: true };
    case 'CreateContainerConfigError':
      return {
        reason: 'ConfigMissing',
        message: `Container "${name}" lacks what it refers to in namespace "${namespace}"${because(message)}.`,
      };
    case 'CreateContainerError':
    case 'RunContainerError':
    case 'PreCreateHookError':
    case 'PreStartHookError':
    case 'PostStartHookError':
      return {
        reason: 'ContainerNotStarted',
        message: `Container "${name}" cannot be started${because(message)}.`,
      };
    case undefined:
    default:
      return undefined;
  }
}

function warned(reason: string, message: string): Waiting | undefined {
  switch (reason) {
    case 'FailedMount':
    case 'FailedAttachVolume':
      return {
        reason: 'VolumeNotMounted',
        message: `A volume of the pod cannot be mounted${because(message)}.`,
      };
    case 'FailedCreatePodSandBox':
    case 'NetworkNotReady':
      return { reason: 'SandboxFailed', message: `The pod's sandbox cannot be made${because(message)}.` };
    default:
      return undefined;
  }
}
