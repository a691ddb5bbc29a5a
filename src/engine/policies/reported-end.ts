/**
 * The runner's own word goes before whatever happened to its pod afterwards, and before the kubelet has noticed: a
 * success that was reported is never lost.
 */

import type { StageReport } from '../../runner/protocol.ts';
import type { Policy, Verdict } from '../attempt.ts';
import { ended } from '../attempt.ts';
import { parseTime } from '../time.ts';

/** How long a runner's "I was ended from outside" or "my container is gone" may wait for the pod to say why. */
const EXPLAIN_MS = 60_000;

export const reportedEnd: Policy = ({ report, pod, status, now, missing }): Verdict | undefined => {
  if (report?.result === undefined) return undefined;
  switch (report.result) {
    case 'Succeeded':
    case 'Unstable':
    case 'Failed':
    case 'Aborted':
    case 'TimedOut':
      return ended(report.result, report.reason ?? report.result, report.message);
    case 'Interrupted':
    case 'Lost': {
      // What the pod shows, or why it was stopped, tells more: the next policies, once it is over.
      if (status.stopping !== undefined || pod === undefined || missing) return undefined;
      const since = Math.min(parseTime(report.finishTime ?? report.startTime) ?? now, now);
      if (now < since + EXPLAIN_MS) return undefined;
      const reason = report.reason ?? (report.result === 'Lost' ? 'ContainerLost' : 'Interrupted');
      return ended(
        'Lost',
        reason,
        report.message ?? 'The stage was ended from outside, and nothing says why.',
      );
    }
  }
};

/** When a report that ends an attempt, and does not say why, has to do. */
export function explainBy(report: StageReport | undefined): number | undefined {
  if (report?.result === undefined) return undefined;
  const since = parseTime(report.finishTime ?? report.startTime);
  return since === undefined ? undefined : since + EXPLAIN_MS;
}
