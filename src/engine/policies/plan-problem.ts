/** A Run without a usable plan: waits for its Pipeline, or ends, stopping what runs first. */
import type { RunResult, RunStatus } from '../../api/run.ts';
import { formatDuration } from '../../plan/duration.ts';
import { advance, isActive } from '../advance.ts';
import type { StopCause } from '../attempt.ts';
import type { PlanProblem } from '../decide-types.ts';
import type { Decider } from '../decider.ts';
import { end } from '../start.ts';
import { summarize } from '../summary.ts';
import { formatTime, parseTime } from '../time.ts';
import { CANCELLED } from './ending.ts';

const NONE: ReadonlySet<string> = new Set();

export function decideWithoutPlan(decider: Decider, problem: PlanProblem): RunStatus {
  const { run, now, config } = decider.input;
  const startTime = run.status?.startTime ?? formatTime(now);
  const wait = { startTime, allowed: NONE, total: 0 };
  if (problem.reason === 'PipelineNotFound') {
    if (run.spec.state === 'Cancelled')
      return summarize(decider, { ...wait, result: 'Cancelled', message: CANCELLED });
    const limitAt = (parseTime(startTime) ?? now) + config.pipelineLimitSeconds * 1000;
    if (now < limitAt) {
      decider.wake.at(limitAt);
      return summarize(decider, { ...wait, doing: problem.reason, message: problem.message });
    }
    const limit = formatDuration(config.pipelineLimitSeconds);
    const message = `There was still no Pipeline after ${limit}: ${problem.message}`;
    return fail(decider, { startTime, result: 'Failed', reason: problem.reason, message });
  }
  const result = problem.reason === 'PlanLost' ? 'Lost' : 'Failed';
  return fail(decider, { startTime, result, reason: problem.reason, message: problem.message });
}

interface Failure {
  startTime: string;
  result: RunResult;
  reason: string;
  message: string;
}

function fail(decider: Decider, { startTime, result, reason, message }: Failure): RunStatus {
  const { stages } = decider;
  const cause: StopCause = result === 'Lost' ? 'Lost' : 'Cancelled';
  const why = { cause, reason, message: decider.budget.waiting(message) };
  for (const status of stages.values()) {
    if (isActive(status)) decider.set(advance(decider, status, undefined, why));
    else if (status.state !== 'Finished') end(decider, status.name, 'Cancelled', reason);
  }
  const total = stages.size;
  const summary = { startTime, allowed: NONE, total, message, revision: decider.input.run.status?.revision };
  if ([...stages.values()].some(isActive)) return summarize(decider, { ...summary, doing: reason });
  decider.warn(reason, message);
  return summarize(decider, { ...summary, result, cause: reason });
}
