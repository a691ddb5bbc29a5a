/** The runner enforces a stage's timeout itself; this is for when it does not. */

import { formatDuration } from '../../plan/duration.ts';
import type { Policy, Verdict } from '../attempt.ts';
import { runnerOf } from '../observations.ts';
import { parseTime } from '../time.ts';

const MARGIN_MS = 30_000;

export const stageTimeout: Policy = ({ stage, pod, report, now, config, status }): Verdict | undefined => {
  if (stage?.timeoutSeconds === undefined || status.stopping !== undefined) return undefined;
  const started = pod && parseTime(runnerOf(pod)?.state?.running?.startedAt);
  const first = started ?? parseTime(report?.startTime);
  if (first === undefined) return undefined;
  const seconds = stage.timeoutSeconds + stage.graceSeconds + config.postSeconds;
  const at = first + seconds * 1000 + MARGIN_MS;
  if (now < at) return { kind: 'goesOn', wakeAt: at };
  const limit = formatDuration(stage.timeoutSeconds);
  const message = `The stage took longer than its timeout of ${limit}, and its runner did not end it.`;
  return { kind: 'stop', cause: 'TimedOut', reason: 'StageTimedOut', message };
};
