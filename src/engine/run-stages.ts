/** The Run's stages and those of `finally`: what became of the ones with pods, and which may start. */
import type { Json } from '../api/pipeline.ts';
import type { RunResult, RunStatus, StageStatus } from '../api/run.ts';
import type { Plan, PlannedStage } from '../plan/plan.ts';
import { adopt, advance, isActive, unrecordedPod } from './advance.ts';
import type { Decider } from './decider.ts';
import type { PlanIndex } from './plan-index.ts';
import {
  CANCELLED,
  type Ending,
  endingOf,
  RUN_CANCELLED,
  RUN_TIMED_OUT,
  timedOut,
} from './policies/ending.ts';
import { groupEnd, NEED_FAILED, type NodeEnd, needsOf, stageEnd } from './policies/needs.ts';
import { type Room, roomOf } from './policies/room.ts';
import { runResult } from './policies/run-result.ts';
import { Scopes } from './scope.ts';
import { end, start } from './start.ts';
import { messageOf, summarize } from './summary.ts';

export class RunStages {
  readonly #decider: Decider;
  readonly #plan: Plan;
  readonly #index: PlanIndex;
  readonly #params: { [name: string]: Json };
  readonly #startTime: string;
  #ending: Ending | undefined;
  #revision: string | undefined;
  #result: RunResult | undefined;

  constructor(
    decider: Decider,
    plan: Plan,
    index: PlanIndex,
    params: { [name: string]: Json },
    startTime: string,
  ) {
    this.#decider = decider;
    this.#plan = plan;
    this.#index = index;
    this.#params = params;
    this.#startTime = startTime;
  }

  proceed(): void {
    const { stages } = this.#decider;
    const mainEnded = this.#plan.stages.every(({ name }) => stages.get(name)?.state === 'Finished');
    this.#ending = mainEnded ? undefined : endingOf(this.#decider, this.#plan, this.#startTime);
    for (const stage of this.#plan.stages) this.#advance(stage, this.#ending);
    for (const stage of this.#plan.finally) this.#advance(stage, undefined);
    const { run } = this.#decider.input;
    this.#revision = run.spec.source?.revision ?? run.status?.revision ?? this.#decider.reportedRevision;
    if (this.#ending !== undefined) this.#endTheRest(this.#ending);
    const scopes = new Scopes(this.#decider, this.#plan, this.#params);
    const room = roomOf(this.#decider, this.#index, this.#revision);
    if (run.spec.state !== 'Paused') {
      this.#startMain(scopes, room);
      this.#startFinally(scopes, room);
    }
    const all = [...this.#plan.stages, ...this.#plan.finally];
    if (all.every(({ name }) => stages.get(name)?.state === 'Finished')) this.#conclude();
  }

  #conclude(): void {
    const result = this.#soFar();
    this.#result = result;
    if (result === 'Succeeded' || result === 'Unstable' || result === 'Cancelled') return;
    const why = this.#ended() ?? messageOf([...this.#decider.stages.values()], this.#index.allowed, result);
    this.#decider.warn(`Run${result}`, why ?? result);
  }

  /** Records a pod that is seen, and what became of it. */
  #advance(stage: PlannedStage, ending: Ending | undefined): void {
    // Again when an attempt ended: its successor's pod may be there too, if the status was not written since.
    for (;;) {
      let status = this.#decider.stages.get(stage.name);
      const pod = unrecordedPod(this.#decider, stage.name, status);
      if (pod !== undefined) status = adopt(stage.name, status, pod);
      if (status === undefined || !isActive(status)) return;
      const next = advance(this.#decider, status, stage, ending);
      this.#decider.set(next);
      if (next.state !== 'Retrying') return;
    }
  }

  /** What has no pod ends at once. */
  #endTheRest({ cause, reason, message }: Ending): void {
    for (const { name } of this.#plan.stages) {
      const status = this.#decider.stages.get(name);
      if (status !== undefined && (isActive(status) || status.state === 'Finished')) continue;
      end(this.#decider, name, cause, reason, status?.retried === undefined ? undefined : message);
    }
  }

  #startMain(scopes: Scopes, room: Room): void {
    const { stages } = this.#decider;
    const ends = new Map<string, NodeEnd>();
    for (const node of this.#index.order) {
      if ('group' in node) {
        ends.set(node.group.name, groupEnd(node.group, ends));
        continue;
      }
      const { stage } = node;
      if (isNew(stages.get(stage.name))) {
        const needs = needsOf(stage, ends);
        if ('failed' in needs) this.#skip(stage.name, needs.failed, needs.end);
        else if (needs.due)
          start(this.#decider, this.#plan, stage, () => scopes.for(this.#revision, undefined), room);
        scopes.ended(stage.name);
      }
      ends.set(stage.name, stageEnd(stages.get(stage.name), stage));
    }
  }

  #skip(name: string, need: string, how: NodeEnd): void {
    const why = how === 'blocked' ? 'was skipped' : 'did not end well';
    end(this.#decider, name, 'Skipped', NEED_FAILED, `It needs "${need}", which ${why}.`);
  }

  #startFinally(scopes: Scopes, room: Room): void {
    const { stages } = this.#decider;
    if (!this.#plan.stages.every(({ name }) => stages.get(name)?.state === 'Finished')) return;
    for (const stage of this.#plan.finally) {
      if (isNew(stages.get(stage.name))) {
        const scope = (): ReturnType<Scopes['for']> => scopes.for(this.#revision, this.#soFar());
        start(this.#decider, this.#plan, stage, scope, room);
        scopes.ended(stage.name);
      }
      if (stages.get(stage.name)?.state !== 'Finished') return;
    }
  }

  #soFar(): RunResult {
    return runResult(this.#decider.stages.values(), this.#index.allowed);
  }

  summary(): RunStatus {
    return summarize(this.#decider, {
      startTime: this.#startTime,
      allowed: this.#index.allowed,
      total: this.#index.total,
      position: this.#index.position,
      revision: this.#revision,
      ...(this.#result === undefined ? { doing: this.#doing() } : { result: this.#result }),
      message: this.#ended(),
    });
  }

  /** That the Run itself ends its stages tells more than which. */
  #ended(): string | undefined {
    switch (this.#endedBy()) {
      case RUN_CANCELLED:
        return CANCELLED;
      case RUN_TIMED_OUT:
        return timedOut(this.#plan);
      case undefined:
        return undefined;
    }
  }

  #endedBy(): typeof RUN_CANCELLED | typeof RUN_TIMED_OUT | undefined {
    for (const { reason } of this.#decider.stages.values()) {
      if (reason === RUN_CANCELLED || reason === RUN_TIMED_OUT) return reason;
    }
    return undefined;
  }

  #doing(): string {
    const { run } = this.#decider.input;
    if (run.spec.state === 'Cancelled') return 'Cancelling';
    if (this.#endedBy() !== undefined) return 'TimingOut';
    if (run.spec.state === 'Paused') return 'Paused';
    const states = [...this.#decider.stages.values()];
    return states.some(isActive) || states.some(({ state }) => state === 'Finished') ? 'Running' : 'Pending';
  }
}

function isNew(status: StageStatus | undefined): boolean {
  return status === undefined || status.state === 'Waiting' || status.state === 'Retrying';
}
