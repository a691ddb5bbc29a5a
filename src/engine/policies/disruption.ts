/** What Kubernetes did to a pod as a whole: evicted it, preempted it, lost its node, refused it on its node. */
import type { Pod } from '../../api/kubernetes.ts';
import { because } from '../text.ts';

export interface Cause {
  reason: string;
  message: string;
}

/** Reasons under which a pod's coming deletion is recorded, so that they are known when it is gone. */
export const DISRUPTIONS: ReadonlySet<string> = new Set(['Evicted', 'Preempted', 'NodeLost', 'NodeShutdown']);

/** From the pod's condition DisruptionTarget (KEP-3329) and its status' reason. */
export function disruptionOf(pod: Pod): Cause | undefined {
  const { name = '' } = pod.metadata;
  const node = pod.spec?.nodeName ?? 'unknown';
  const { reason = '', message } = pod.status ?? {};
  const target = pod.status?.conditions?.find(
    ({ type, status }) => type === 'DisruptionTarget' && status === 'True',
  );
  switch (target?.reason) {
    case 'PreemptionByScheduler':
    case 'PreemptionByKubeScheduler':
      return cause('Preempted', `Pod "${name}" gave way to one of higher priority`, target.message);
    case 'DeletionByTaintManager':
      return cause('NodeLost', `Node "${node}" is not ready, or was tainted so that pod "${name}" had to go`);
    case 'EvictionByEvictionAPI':
      return cause('Evicted', `Pod "${name}" was evicted through the API, as a drain of node "${node}" does`);
    case 'DeletionByPodGC':
      return cause('NodeLost', `Node "${node}" of pod "${name}" is gone`, target.message);
    case 'TerminationByKubelet':
      if (reason === 'Terminated' || reason === 'NodeShutdown') return shutdown(name, node);
      if (reason === 'Preempting')
        return cause('Preempted', `Pod "${name}" gave way to a critical one on node "${node}"`);
      return cause('Evicted', `Node "${node}" evicted pod "${name}"`, message ?? target.message);
    case undefined:
    default:
      return byReason(reason, message, name, node);
  }
}

function byReason(
  reason: string,
  message: string | undefined,
  name: string,
  node: string,
): Cause | undefined {
  switch (reason) {
    case 'Evicted':
      return cause('Evicted', `Node "${node}" evicted pod "${name}"`, message);
    case 'Preempting':
    case 'Preempted':
      return cause('Preempted', `Pod "${name}" gave way to one of higher priority`, message);
    case 'NodeLost':
      return cause('NodeLost', `Node "${node}" of pod "${name}" does not answer`, message);
    case 'Terminated':
    case 'NodeShutdown':
    case 'Shutdown':
      return shutdown(name, node);
    case 'UnexpectedAdmissionError':
      return cause('NodeRefused', `Node "${node}" did not take pod "${name}"`, message);
    case 'NodeAffinity':
    case 'NodeSelectorMismatching':
    case 'TaintToleration':
    case 'InvalidNodeInfo':
      return cause('NodeRefused', `Node "${node}" no longer fits pod "${name}" (${reason})`, message);
    default:
      if (/^OutOf[A-Za-z]/.test(reason))
        return cause('NodeRefused', `Node "${node}" had no room left for pod "${name}" (${reason})`, message);
      return undefined;
  }
}

function shutdown(name: string, node: string): Cause {
  return { reason: 'NodeShutdown', message: `Node "${node}" was shut down and ended pod "${name}".` };
}

function cause(reason: string, what: string, message?: string): Cause {
  return { reason, message: `${what}${because(message)}.` };
}
