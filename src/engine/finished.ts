/** A Run that has ended: nothing changes but what was seen of its spec, until its time to live is over. */

import { parseDuration } from '../plan/duration.ts';
import type { Decision } from './decide-types.ts';
import type { Decider } from './decider.ts';
import { endLeftovers } from './policies/leftovers.ts';
import { parseTime } from './time.ts';

export function finished(decider: Decider): Decision {
  const { run, now, config } = decider.input;
  endLeftovers(decider);
  const { status = {}, spec, metadata } = run;
  const seen = metadata.generation === undefined || status.observedGeneration === metadata.generation;
  const ttl = spec.ttlAfterFinished === undefined ? config.ttlSeconds : parseDuration(spec.ttlAfterFinished);
  const completed = parseTime(status.completionTime);
  if (ttl !== undefined && completed !== undefined) {
    const at = completed + ttl * 1000;
    if (now >= at) decider.actions.push({ type: 'DeleteRun' });
    else decider.wake.at(at);
  }
  const requeueAfterMs = decider.wake.afterMs;
  return {
    status: seen ? status : { ...status, observedGeneration: metadata.generation ?? 0 },
    actions: decider.actions,
    urgent: !seen,
    ...(requeueAfterMs === undefined ? {} : { requeueAfterMs }),
  };
}
