/** Whether what a stage needs has ended, and well. A group's result is its members'. */
import type { StageStatus } from '../../api/run.ts';
import type { PlannedGroup, PlannedStage } from '../../plan/plan.ts';

/**
 * failed: it ran, or should have, and did not end well. blocked: it was skipped since something before it failed, which
 * its own allowFailure does not excuse.
 */
export type NodeEnd = 'pending' | 'well' | 'failed' | 'blocked';

export const NEED_FAILED = 'NeedFailed';

export function stageEnd(status: StageStatus | undefined, stage: PlannedStage): NodeEnd {
  if (status?.state !== 'Finished') return 'pending';
  const { result, reason } = status;
  if (result === 'Succeeded' || result === 'Unstable') return 'well';
  if (result === 'Skipped') return reason === NEED_FAILED ? 'blocked' : 'well';
  return stage.allowFailure ? 'well' : 'failed';
}

export function groupEnd(group: PlannedGroup, ends: ReadonlyMap<string, NodeEnd>): NodeEnd {
  let end: NodeEnd = 'well';
  for (const member of group.members) {
    const of = ends.get(member) ?? 'pending';
    if (of === 'pending') return 'pending';
    if (of === 'failed' || end === 'failed') end = 'failed';
    else if (of === 'blocked') end = 'blocked';
  }
  return end === 'failed' && group.allowFailure ? 'well' : end;
}

/** The need for which the stage cannot run any more; or whether it must still wait. */
export function needsOf(
  stage: PlannedStage,
  ends: ReadonlyMap<string, NodeEnd>,
): { due: boolean } | { failed: string; end: NodeEnd } {
  let due = true;
  for (const need of stage.needs) {
    const end = ends.get(need) ?? 'pending';
    if (end === 'failed' || end === 'blocked') return { failed: need, end };
    if (end === 'pending') due = false;
  }
  return { due };
}
