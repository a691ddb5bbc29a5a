/** Whether a change is more than progress within a stage, which may wait to be written with the next. */
import type { RunStatus, StageStatus } from '../api/run.ts';
import { isEqual } from './status.ts';

export function isUrgent(before: RunStatus | undefined, after: RunStatus): boolean {
  if (before === after) return false;
  if (before === undefined) return true;
  if (before.stages !== after.stages) {
    const old = before.stages ?? [];
    const now = after.stages ?? [];
    if (old.length !== now.length) return true;
    if (now.some((stage, index) => isStageUrgent(old[index], stage))) return true;
  }
  return (
    before.result !== after.result ||
    before.plan !== after.plan ||
    before.observedGeneration !== after.observedGeneration ||
    !isEqual(before.conditions?.map(essence), after.conditions?.map(essence))
  );
}

function essence({ type, status, reason }: { type: string; status: string; reason: string }): string[] {
  return [type, status, reason];
}

function isStageUrgent(old: StageStatus | undefined, now: StageStatus): boolean {
  if (old === now) return false;
  if (old === undefined || old.name !== now.name) return true;
  // From Starting to Running is progress: it is told with the first step.
  const moved = old.state !== now.state && !(old.state === 'Starting' && now.state === 'Running');
  return moved || old.podUID !== now.podUID || old.attempt !== now.attempt || old.reason !== now.reason;
}
