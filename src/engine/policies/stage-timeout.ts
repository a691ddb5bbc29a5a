/** The runner enforces a stage's timeout itself; this is for when it does not. */
import type { Pod } from '../../api/kubernetes.ts';
import { formatDuration } from '../../plan/duration.ts';
import type { Policy, Verdict } from '../attempt.ts';
import { runnerOf } from '../observations.ts';
import { parseTime } from '../time.ts';

/** Beyond all that the runner may take. */
const MARGIN_MS = 30_000;

export const stageTimeout: Policy = ({ stage, pod, report, now, config, status }): Verdict | undefined => {
  if (stage?.timeoutSeconds === undefined || status.stopping !== undefined) return undefined;
  const begun = (pod && begunAt(pod)) ?? parseTime(report?.startTime);
  if (begun === undefined) return undefined;
  // A node's clock may be behind.
  const from = Math.max(begun, parseTime(status.startTime) ?? 0);
  const seconds = stage.timeoutSeconds + stage.graceSeconds + config.postSeconds;
  const at = from + seconds * 1000 + MARGIN_MS;
  if (now < at) return { kind: 'goesOn', wakeAt: at };
  const limit = formatDuration(stage.timeoutSeconds);
  const message = `The stage took longer than its timeout of ${limit}, and its runner did not end it.`;
  return { kind: 'stop', cause: 'TimedOut', reason: 'StageTimedOut', message };
};

/** The last of its containers: the steps may have waited for that one's image. */
function begunAt(pod: Pod): number | undefined {
  if (runnerOf(pod)?.state?.running === undefined) return undefined;
  const states = (pod.status?.containerStatuses ?? []).map(({ state }) => state);
  if (states.some((state) => state?.waiting !== undefined)) return undefined;
  return Math.max(
    ...states.map((state) => parseTime(state?.running?.startedAt ?? state?.terminated?.startedAt) ?? 0),
  );
}
