/** Policies for a pod that is gone, over, or on its way. */
import type { Attempt, Policy, Verdict } from '../attempt.ts';
import { ended } from '../attempt.ts';
import { isOver, terminationSeconds } from '../observations.ts';
import { parseTime } from '../time.ts';
import { DISRUPTIONS, disruptionOf } from './disruption.ts';
import { podFailure } from './pod-failure.ts';

/** Beyond the grace period, until one stops believing that a node still answers. */
const MARGIN_MS = 30_000;

/** Gone by a read of the API server; if only the cache lacks it, nothing can be said. */
export const podGone: Policy = (attempt): Verdict | undefined => {
  if (attempt.pod !== undefined) return undefined;
  if (!attempt.missing) return { kind: 'unknown' };
  const { status } = attempt;
  if (status.stopping !== undefined) return stopped(attempt);
  if (status.reason !== undefined && DISRUPTIONS.has(status.reason))
    return ended('Lost', status.reason, status.message);
  return ended('Lost', 'PodDeleted', `Pod "${status.podName}" was deleted from outside.`);
};

export const podOver: Policy = (attempt): Verdict | undefined => {
  const { pod, report, status } = attempt;
  if (pod === undefined || !isOver(pod)) return undefined;
  if (status.stopping !== undefined) return stopped(attempt);
  return { kind: 'ended', outcome: podFailure(pod, report) };
};

/** Somebody deletes the pod. Why is recorded now, since afterwards there is no pod to ask. */
export const podDeleted: Policy = ({ pod, status, now }): Verdict | undefined => {
  const at = parseTime(pod?.metadata.deletionTimestamp);
  if (pod === undefined || at === undefined || status.stopping !== undefined) return undefined;
  const { name } = pod.metadata;
  const why = disruptionOf(pod) ?? {
    reason: 'PodDeleted',
    message: `Pod "${name}" is being deleted from outside.`,
  };
  // The timestamp is when the grace period ends.
  const overdueAt = at + MARGIN_MS;
  if (now < overdueAt) return { kind: 'goesOn', ...why, wakeAt: overdueAt };
  const message = `Node "${pod.spec?.nodeName ?? 'unknown'}" does not end pod "${name}", which is being deleted.`;
  return { kind: 'stop', cause: 'Lost', reason: 'NodeLost', message };
};

/** How long a stop may take before the pod is deleted by force, and how long after that it is waited for. */
const FORCED_MS = 300_000;
const AGAIN_MS = 15_000;

export const stopUnderWay: Policy = (attempt): Verdict | undefined => {
  const { pod, status, now } = attempt;
  if (pod === undefined || status.stopping === undefined) return undefined;
  const since = parseTime(status.stopTime) ?? now;
  const deletedAt = parseTime(pod.metadata.deletionTimestamp);
  // A deletion that began before the stop counts from its own end.
  const overdueAt =
    deletedAt !== undefined && status.reason === 'NodeLost'
      ? since
      : since + terminationSeconds(pod) * 1000 + MARGIN_MS;
  if (now >= overdueAt + FORCED_MS) return stopped(attempt);
  if (now >= overdueAt) return { kind: 'stopping', action: 'delete', wakeAt: now + AGAIN_MS };
  const told = deletedAt !== undefined || pod.spec?.activeDeadlineSeconds === 1;
  return { kind: 'stopping', action: told ? 'wait' : 'stop', wakeAt: overdueAt };
};

/** The recorded cause decides, whatever the pod looks like after it. */
function stopped({ status }: Attempt): Verdict {
  const cause = status.stopping ?? 'Lost';
  return ended(cause, status.reason ?? cause, status.message);
}
