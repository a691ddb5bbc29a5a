/** Why a Run's stages must end before they have: told by the user, or out of time. */
import { formatDuration } from '../../plan/duration.ts';
import type { Plan } from '../../plan/plan.ts';
import type { StopCause } from '../attempt.ts';
import type { Decider } from '../decider.ts';
import { parseTime } from '../time.ts';

export interface Ending {
  cause: StopCause;
  reason: string;
  message: string;
}

export const CANCELLED = 'The Run was cancelled.';

export function timedOut({ timeoutSeconds }: Plan): string {
  return `The Run took longer than its timeout of ${formatDuration(timeoutSeconds)}.`;
}

export const RUN_CANCELLED = 'RunCancelled';
export const RUN_TIMED_OUT = 'RunTimedOut';

export function endingOf(decider: Decider, plan: Plan, startTime: string): Ending | undefined {
  const { run, now } = decider.input;
  if (run.spec.state === 'Cancelled')
    return { cause: 'Cancelled', reason: RUN_CANCELLED, message: CANCELLED };
  const at = (parseTime(startTime) ?? now) + plan.timeoutSeconds * 1000;
  if (now < at) {
    decider.wake.at(at);
    return undefined;
  }
  return { cause: 'TimedOut', reason: RUN_TIMED_OUT, message: timedOut(plan) };
}
