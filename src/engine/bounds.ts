/**
 * What of a stage is kept, so that a Run of 2,000 stages stays under 1 MiB (etcd takes 1.5). While a stage goes on, its
 * share is fixed; when it ends, it takes what the Run as a whole has left: the first failures are told at length, the
 * thousandth in a line. A Run of more than 100 stages keeps no steps of those that ended well.
 */
import type { RetriedAttempt, StageStatus, StepStatus } from '../api/run.ts';
import { cut } from './text.ts';

const FEW_STAGES = 100;
/** Of messages and steps of stages that ended, and of outputs. */
const TEXT_BYTES = 150_000;
const TEXT_BYTES_OF_FEW = 400_000;
const OUTPUT_BYTES = 150_000;
const STAGE_OUTPUT_BYTES = 32_768;
const MOST_OUTPUTS = 100;
/** Of steps while a stage goes on, all stages together. */
const ACTIVE_STEP_BYTES = 300_000;
const MOST_STEPS = 100;
const MESSAGE = 1024;
const SHORT_MESSAGE = 60;
const STEP_NAME = 128;
const STEP_MESSAGE = 300;
/** Of all stages of a Run together; after that none is tried again. */
const MOST_RETRIES = 2000;

export class Budget {
  /** The Run has so many stages that each must be brief. */
  readonly many: boolean;
  readonly #stages: ReadonlyMap<string, StageStatus>;
  readonly #total: number;
  #text: number | undefined;
  #outputs: number | undefined;

  /** @param total stages of the plan; all that are recorded, if it is lost. */
  constructor(stages: ReadonlyMap<string, StageStatus>, total: number) {
    this.#stages = stages;
    this.#total = Math.max(1, total);
    this.many = total > FEW_STAGES;
  }

  /** What a stage waits for, or is stopped for: few stages do at a time. */
  waiting(text: string): string {
    return cut(text, this.many ? 200 : MESSAGE);
  }

  /** How a stage ended. */
  message(text: string): string {
    const kept = cut(text, this.#isFull ? SHORT_MESSAGE : MESSAGE);
    this.#text = this.#usedText + kept.length;
    return kept;
  }

  /** Of a stage that goes on. */
  stepsSoFar(steps: readonly StepStatus[]): StepStatus[] {
    return fitting(steps, Math.floor(ACTIVE_STEP_BYTES / this.#total));
  }

  /** Of a stage that has ended. */
  stepsAtEnd(steps: readonly StepStatus[], well: boolean): StepStatus[] {
    if (this.#isFull || (this.many && well)) return [];
    const told = this.many ? steps.filter(isBad) : steps;
    const kept = fitting(told, Math.floor(ACTIVE_STEP_BYTES / Math.min(this.#total, FEW_STAGES)));
    this.#text = this.#usedText + bytes(kept);
    return kept;
  }

  /** What does not fit is left out whole: a value cut short would be a wrong value. */
  outputs(given: Readonly<Record<string, string>>): { outputs: Record<string, string>; dropped: string[] } {
    let room = Math.min(STAGE_OUTPUT_BYTES, Math.max(0, OUTPUT_BYTES - this.#usedOutputs));
    // Of a map: a name such as `__proto__` is one as any other.
    const kept = new Map<string, string>();
    const dropped: string[] = [];
    for (const [name, value] of Object.entries(given)) {
      const size = bytes(value) + name.length + 4;
      if (size > room || kept.size >= MOST_OUTPUTS) dropped.push(name);
      else {
        room -= size;
        kept.set(name, value);
      }
    }
    const outputs = Object.fromEntries(kept);
    this.#outputs = this.#usedOutputs + bytes(outputs);
    return { outputs, dropped };
  }

  retried(attempt: RetriedAttempt): RetriedAttempt {
    const { message, podName, ...rest } = attempt;
    // The names of pods are made of what is there already.
    if (this.many) return rest;
    return {
      ...rest,
      ...(message === undefined ? {} : { message: cut(message, 200) }),
      ...(podName === undefined ? {} : { podName }),
    };
  }

  get mayRetry(): boolean {
    let count = 0;
    for (const { retried } of this.#stages.values()) count += retried?.length ?? 0;
    return count < MOST_RETRIES;
  }

  get #isFull(): boolean {
    return this.#usedText > (this.many ? TEXT_BYTES : TEXT_BYTES_OF_FEW);
  }

  get #usedText(): number {
    this.#text ??= this.#sum(
      ({ message, steps }) => (message ?? '').length + (steps === undefined ? 0 : bytes(steps)),
    );
    return this.#text;
  }

  get #usedOutputs(): number {
    this.#outputs ??= this.#sum(({ outputs }) => (outputs === undefined ? 0 : bytes(outputs)));
    return this.#outputs;
  }

  #sum(of: (stage: StageStatus) => number): number {
    let total = 0;
    for (const stage of this.#stages.values()) if (stage.state === 'Finished') total += of(stage);
    return total;
  }
}

/** What went wrong first, then the latest. */
function fitting(steps: readonly StepStatus[], room: number): StepStatus[] {
  const short = steps.map(shortened);
  const sizes = short.map((step) => bytes(step) + 1);
  const sum = sizes.reduce((total, size) => total + size, 0);
  if (short.length <= MOST_STEPS && sum <= room) return short;
  const order = short.map((_, index) => index).reverse();
  order.sort((a, b) => Number(isBad(short[b])) - Number(isBad(short[a])));
  const kept = new Set<number>();
  let left = room;
  for (const index of order) {
    left -= sizes[index] ?? 0;
    if (left < 0 || kept.size >= MOST_STEPS) break;
    kept.add(index);
  }
  return short.filter((_, index) => kept.has(index));
}

function isBad(step: StepStatus | undefined): boolean {
  return step?.result !== undefined && step.result !== 'Succeeded' && step.result !== 'Skipped';
}

function shortened(step: StepStatus): StepStatus {
  const { name, id, message, ...rest } = step;
  const kept: StepStatus = { name: cut(name, STEP_NAME), ...rest };
  if (id !== undefined && id.length <= 63) kept.id = id;
  if (message !== undefined) kept.message = cut(message, STEP_MESSAGE);
  return kept;
}

function bytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
