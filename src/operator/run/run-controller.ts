/** One pass over one Run: gather, decide, execute, write the status if it changed. */
import type { Run } from '../../api/run.ts';
import { decide } from '../../engine/decide.ts';
import type { DecideInput, Decision } from '../../engine/decide-types.ts';
import type { ApiClient } from '../../kube/client.ts';
import { isConflict, isNotFound } from '../../kube/errors.ts';
import { patchStatus, statusDifference } from '../../kube/patch-status.ts';
import { RUNS } from '../../kube/resource.ts';
import type { Logger } from '../logging.ts';
import type { Metrics } from '../metrics.ts';
import { objectKey, queueKey } from '../views.ts';
import type { Outcome } from '../worker-pool.ts';
import { recordChanges } from './changes.ts';
import { type CreatePod, createPod, type ExecuteTargets, perform } from './execute.ts';
import { type GatherSources, gather, gatherAgain } from './gather.ts';

export interface RunControllerOptions {
  sources: GatherSources;
  targets: ExecuteTargets;
  client: ApiClient;
  logger: Logger;
  metrics: Metrics;
  /** How long mere progress of a Run may wait to be written with what comes next. */
  progressIntervalMs: number;
}

/** Creations make room for more (a group's first members); each round can only start stages that were not started. */
const MOST_ROUNDS = 5;
const CREATES_AT_ONCE = 10;
const CONFLICT_MS = 100;

/** What a write came to: done (or not needed), put off for so long, or overtaken by somebody else's. */
type Written = { kind: 'done' } | { kind: 'later'; ms: number } | { kind: 'conflict' };

export class RunController {
  readonly #options: RunControllerOptions;
  /** Runs that have not ended, by key; since when there is progress that is not written. */
  readonly #active = new Map<string, { uid: string; unwrittenSince?: number | undefined }>();
  #passes = 0;

  constructor(options: RunControllerOptions) {
    this.#options = options;
  }

  async reconcile(key: string): Promise<Outcome> {
    const { sources, targets } = this.#options;
    const run = sources.views.runs.get(objectKey(key));
    const uid = run?.metadata.uid ?? '';
    const known = this.#active.get(key)?.uid;
    // Deleted, and perhaps another one of its name is here already.
    if (known !== undefined && known !== uid) this.#forget(key, known);
    if (run === undefined || run.metadata.deletionTimestamp !== undefined) {
      // Owner references take the pods and an inline plan along.
      this.#forget(key, uid);
      return { result: 'success' };
    }
    if (!this.#active.has(key)) this.#active.set(key, { uid });
    const { input, askAgainMs } = await gather(run, sources);
    const { decision, refusedMs } = await this.#createPods(input);
    // Recorded before it is done: why a pod was stopped must be known when it is seen ended, whatever happens between.
    const written = await this.#write(run, decision);
    if (written.kind === 'conflict') return { result: 'conflict', requeueAfterMs: CONFLICT_MS };
    // Nothing in memory outlives the end of its Run, a report that came after it neither.
    if (written.kind === 'done' && decision.status.completionTime !== undefined) this.#forget(key, uid);
    for (const action of decision.actions) {
      // Events tell of transitions: one that is not written yet will be told when it is.
      if (action.type !== 'Event' || written.kind === 'done') await perform(run, action, targets);
    }
    const writeMs = written.kind === 'later' ? written.ms : undefined;
    const waits = [decision.requeueAfterMs, askAgainMs, writeMs, refusedMs].filter(
      (wait) => wait !== undefined,
    );
    return waits.length === 0
      ? { result: 'success' }
      : { result: 'requeue', requeueAfterMs: Math.min(...waits) };
  }

  /** Creates first, then decides again with the pods in sight, so that one status write records them. */
  async #createPods(first: DecideInput): Promise<{ decision: Decision; refusedMs?: number }> {
    const { sources, targets } = this.#options;
    const { run } = first;
    let input = first;
    let decision = decide(input);
    const tried = new Set<string>();
    for (let round = 1; round <= MOST_ROUNDS; round++) {
      const creates = decision.actions.filter(
        (action): action is CreatePod => action.type === 'CreatePod' && !tried.has(action.podName),
      );
      if (creates.length === 0) break;
      for (let start = 0; start < creates.length; start += CREATES_AT_ONCE) {
        const batch = creates.slice(start, start + CREATES_AT_ONCE);
        await Promise.all(batch.map((action) => createPod(run, action, targets)));
      }
      for (const action of creates) tried.add(action.podName);
      input = gatherAgain(input, sources);
      decision = decide(input);
    }
    const refusedMs = sources.refusals.nextMs(run.metadata.uid ?? '');
    return refusedMs === undefined ? { decision } : { decision, refusedMs };
  }

  async #write(run: Run, decision: Decision): Promise<Written> {
    const { client, metrics, logger, sources, progressIntervalMs } = this.#options;
    const active = this.#active.get(queueKey(run));
    const after = decision.status;
    if (run.status === after || statusDifference(run.status, after).length === 0) return { kind: 'done' };
    const now = sources.now();
    if (!decision.urgent && active !== undefined) {
      // Mere progress waits for what else comes in its interval: often the stage's end.
      active.unwrittenSince ??= now;
      const dueAt = active.unwrittenSince + progressIntervalMs;
      if (dueAt > now) return { kind: 'later', ms: dueAt - now };
    }
    try {
      const written = await patchStatus(client, RUNS, run, { ...run, status: after });
      if (active !== undefined) active.unwrittenSince = undefined;
      sources.views.runs.observe(written);
    } catch (error) {
      if (isConflict(error)) return { kind: 'conflict' };
      if (isNotFound(error)) return { kind: 'done' };
      throw error;
    }
    this.#passes++;
    recordChanges(run, after, logger, metrics, now, this.#passes.toString(36));
    return { kind: 'done' };
  }

  #forget(key: string, uid: string): void {
    const { refusals, reports } = this.#options.sources;
    this.#active.delete(key);
    refusals.forget(uid);
    reports.drop(uid);
  }
}
