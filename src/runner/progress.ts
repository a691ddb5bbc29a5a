/** What has happened in the stage so far, and the reports that tell it. All text is masked before it gets here or here. */
import type { StepStatus } from '../api/run.ts';
import { maskText } from './mask.ts';
import type { Outcome } from './outcome.ts';
import type { Instructions, ReportedResult, StageReport, StepInstruction } from './protocol.ts';
import { cutText } from './termination.ts';

/** The server takes 64 KiB. */
const MOST_BYTES = 60 * 1024;
const LEVELS = [
  { name: 256, message: 1024 },
  { name: 128, message: 256 },
  { name: 64, message: 64 },
  { name: 48, message: 0 },
] as const;

export interface StageEnd {
  result: ReportedResult;
  reason?: string;
  message?: string;
  outputs?: Record<string, string>;
}

export interface Entry {
  /** From 1, in written order, blocks before what they hold: the number in the log. */
  number: number;
  status: StepStatus;
  shown: boolean;
}

export class Progress {
  readonly #instructions: Instructions;
  readonly #patterns: readonly Buffer[];
  readonly #now: () => number;
  readonly #startTime: string;
  readonly #entries = new Map<StepInstruction, Entry>();
  /** Told of each change; urgent: worth a report at once. */
  onChange: (urgent: boolean) => void = () => {};
  #sequence = 0;
  #revision: string | undefined;
  #end: (StageEnd & { finishTime: string }) | undefined;

  /** @param steps in the order in which they would run, without what blocks hold. */
  constructor(
    instructions: Instructions,
    steps: readonly StepInstruction[],
    patterns: readonly Buffer[],
    now: () => number,
  ) {
    this.#instructions = instructions;
    this.#patterns = patterns;
    this.#now = now;
    this.#startTime = this.#time();
    const number = (list: readonly StepInstruction[]): void => {
      for (const step of list) {
        const status: StepStatus = { name: step.name, ...(step.id === undefined ? {} : { id: step.id }) };
        this.#entries.set(step, { number: this.#entries.size + 1, status, shown: false });
        number(step.block ?? []);
      }
    };
    number(steps);
  }

  start(step: StepInstruction, name: string): Entry {
    const entry = this.#entry(step);
    entry.status = {
      ...(entry.status.id === undefined ? {} : { id: entry.status.id }),
      name: this.mask(name) || step.symbol,
      // A step of a block that is tried again keeps its place and its first start.
      startTime: entry.status.startTime ?? this.#time(),
    };
    entry.shown = true;
    this.onChange(true);
    return entry;
  }

  end(step: StepInstruction, outcome: Outcome): void {
    const { status } = this.#entry(step);
    status.result = outcome.result;
    status.finishTime = this.#time();
    if (outcome.exitCode !== undefined) status.exitCode = outcome.exitCode;
    if (outcome.message !== undefined) status.message = this.mask(outcome.message);
    this.onChange(true);
  }

  skip(step: StepInstruction, name: string, message?: string): Entry {
    const entry = this.#entry(step);
    entry.shown = true;
    entry.status.name = this.mask(name) || step.symbol;
    entry.status.result = 'Skipped';
    if (message !== undefined) entry.status.message = this.mask(message);
    this.onChange(false);
    return entry;
  }

  resolved(revision: string): void {
    this.#revision = revision;
    this.onChange(true);
  }

  finish(end: StageEnd): void {
    const masked = Object.entries(end.outputs ?? {}).map(([name, value]) => [name, this.mask(value)]);
    this.#end = {
      ...end,
      finishTime: this.#time(),
      ...(end.message === undefined ? {} : { message: this.mask(end.message) }),
      ...(end.outputs === undefined ? {} : { outputs: Object.fromEntries(masked) }),
    };
  }

  get finished(): boolean {
    return this.#end !== undefined;
  }

  mask(text: string): string {
    return maskText(text, this.#patterns);
  }

  /** The next report; its sequence number is used up. */
  report(): StageReport {
    const { run, stage, attempt } = this.#instructions;
    const { message, ...end } = this.#end ?? {};
    const report = (steps: StepStatus[]): StageReport => ({
      version: 1,
      run,
      stage,
      attempt,
      sequence: this.#sequence,
      startTime: this.#startTime,
      ...(this.#revision === undefined ? {} : { revision: this.#revision }),
      steps,
      ...end,
      ...(message === undefined ? {} : { message: cutText(message, 1024) }),
    });
    this.#sequence++;
    const shown = [...this.#entries.values()].filter((entry) => entry.shown).map((entry) => entry.status);
    for (const level of LEVELS) {
      const fitting = report(shown.map((status) => shorten(status, level)));
      if (Buffer.byteLength(JSON.stringify(fitting)) <= MOST_BYTES) return fitting;
    }
    return report([]);
  }

  #entry(step: StepInstruction): Entry {
    const known = this.#entries.get(step);
    if (known === undefined) throw new Error(`the step ${step.name} was not announced`);
    return known;
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
  }
}

function shorten(status: StepStatus, most: { name: number; message: number }): StepStatus {
  const { message, ...rest } = status;
  const short: StepStatus = { ...rest, name: cutText(status.name, most.name) };
  if (message !== undefined && most.message > 0) short.message = cutText(message, most.message);
  return short;
}
