/**
 * A container that ended before its loop began, as one whose command a template replaced: its runner never heard of it
 * and would wait for it.
 */
import { MAIN_CONTAINER } from '../../api/names.ts';
import type { Policy, Verdict } from '../attempt.ts';
import { containerOf, runnerOf } from '../observations.ts';
import { parseTime } from '../time.ts';
import { endOutcome } from './container-failure.ts';

/** Longer than a runner needs to tell its end once it has ended the loops itself. */
const NOTICE_MS = 20_000;

export const containerEnded: Policy = ({ pod, stage, status, report, now }): Verdict | undefined => {
  if (pod === undefined || stage === undefined || status.stopping !== undefined) return undefined;
  if (report?.result !== undefined || runnerOf(pod)?.state?.running === undefined) return undefined;
  // Others, which a template adds, may end when they like.
  for (const name of [MAIN_CONTAINER, ...stage.containers.map((container) => container.name)]) {
    const container = containerOf(pod, name);
    const at = parseTime(container?.state?.terminated?.finishedAt);
    if (container === undefined || at === undefined) continue;
    if (now < at + NOTICE_MS) return { kind: 'goesOn', wakeAt: at + NOTICE_MS };
    const outcome = endOutcome(container);
    if (outcome !== undefined) return { kind: 'ended', outcome };
  }
  return undefined;
};
