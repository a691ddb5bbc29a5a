/** One decision in the making: what is seen, and what is to be done. Lives as long as the call. */
import type { StageStatus } from '../api/run.ts';
import { Budget } from './bounds.ts';
import type { Action, DecideInput } from './decide-types.ts';
import { indexPods, type PodIndex } from './observations.ts';
import { cut } from './text.ts';
import { Wake } from './time.ts';

const MOST_EVENTS = 10;
const EVENT_CHARACTERS = 900;

export class Decider {
  readonly input: DecideInput;
  readonly pods: PodIndex;
  readonly budget: Budget;
  readonly wake: Wake;
  readonly actions: Action[] = [];
  /** By name, in the order in which they came into the status. */
  readonly stages: Map<string, StageStatus> = new Map();
  /** By a checkout of this Run, not recorded yet. */
  reportedRevision: string | undefined;
  #events = 0;

  constructor(input: DecideInput) {
    this.input = input;
    this.pods = indexPods(input.pods);
    const { plan, run } = input;
    this.wake = new Wake(input.now);
    for (const status of run.status?.stages ?? []) this.stages.set(status.name, status);
    this.budget = new Budget(
      this.stages,
      plan === undefined ? this.stages.size : plan.stages.length + plan.finally.length,
    );
  }

  set(status: StageStatus): void {
    this.stages.set(status.name, status);
  }

  /** Only for what changes in the status of this same decision, so that it is told once. */
  warn(reason: string, message: string): void {
    if (++this.#events > MOST_EVENTS) return;
    this.actions.push({ type: 'Event', kind: 'Warning', reason, message: cut(message, EVENT_CHARACTERS) });
  }
}
