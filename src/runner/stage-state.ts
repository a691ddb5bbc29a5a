/** What the steps of one stage share while they run. */
import type { Json } from '../api/pipeline.ts';
import type { LateScope, Values } from '../plan/expression.ts';
import type { Containers } from './containers.ts';
import { failed, type Outcome, worse } from './outcome.ts';
import type { Progress } from './progress.ts';
import type { Instructions, StepInstruction } from './protocol.ts';
import type { StageLog } from './stage-log.ts';
import type { StepOutput } from './step-output.ts';
import type { StopSource } from './stop.ts';

/** Where a step stands: what its blocks around it say. */
export interface Place {
  stop: StopSource;
  /** Absolute, in the workspace. */
  directory: string;
  /** Of the blocks around it; goes before the stage's. */
  env: Readonly<Record<string, string>>;
  /** From TERM to KILL. */
  graceMs: number;
  /** After the stage's end: what needs a container that is gone is left out. */
  post: boolean;
}

/** One try of one step, all templates rendered. */
export interface Call {
  step: StepInstruction;
  name: string;
  parameters: { [name: string]: Json };
  /** All variables of the step. */
  env: Readonly<Record<string, string>>;
  place: Place;
  output: StepOutput;
  state: StageState;
}

/** What all kept outputs of a stage may take: they are in this process's memory. */
const MOST_OUTPUT_BYTES = 8 * 1024 * 1024;

export class StageState {
  readonly instructions: Instructions;
  readonly log: StageLog;
  readonly patterns: readonly Buffer[];
  readonly progress: Progress;
  readonly containers: Containers;
  /** Folder that only the runner has. */
  readonly tmp: string;
  /** Folder of the step library. */
  readonly library: string;
  /** The step that the runner itself put before the others. */
  readonly checkout: StepInstruction | undefined;
  /** By id, of steps that ended. */
  readonly steps: LateScope['steps'] = {};
  readonly #outputBytes = new Map<string, number>();
  /** Captured by library steps, without the prefix VAR_. */
  readonly variables: Map<string, string> = new Map();
  /** What a library step said of the whole stage. */
  verdict: Outcome | undefined;
  #revision: string;

  constructor(
    parts: Pick<
      StageState,
      'instructions' | 'log' | 'patterns' | 'progress' | 'containers' | 'tmp' | 'library' | 'checkout'
    >,
  ) {
    this.instructions = parts.instructions;
    this.log = parts.log;
    this.patterns = parts.patterns;
    this.progress = parts.progress;
    this.containers = parts.containers;
    this.tmp = parts.tmp;
    this.library = parts.library;
    this.checkout = parts.checkout;
    this.#revision = parts.instructions.scope.source.revision;
  }

  /** Makes a step's end known to later steps. @returns how it ended, which may be by outputs that are too much. */
  record({ id }: StepInstruction, outcome: Outcome): Outcome {
    if (id === undefined) return outcome;
    const bytes = Object.entries(outcome.outputs).reduce((sum, [, value]) => sum + value.length, 0);
    this.#outputBytes.set(id, bytes);
    const total = [...this.#outputBytes.values()].reduce((sum, one) => sum + one, 0);
    const kept =
      total <= MOST_OUTPUT_BYTES
        ? outcome
        : failed(
            `the outputs of all steps take more than ${MOST_OUTPUT_BYTES} bytes: hand over large data in files`,
          );
    if (kept !== outcome) this.#outputBytes.delete(id);
    const { result, outputs } = kept;
    // An id may be __proto__.
    const value = { result, outputs };
    Object.defineProperty(this.steps, id, { value, enumerable: true, writable: true, configurable: true });
    return kept;
  }

  resolved(revision: string): void {
    this.#revision = revision;
    this.progress.resolved(revision);
  }

  environment(own: Readonly<Record<string, string>>): Record<string, string> {
    const captured = [...this.variables].map(([name, value]) => [`VAR_${name}`, value]);
    return {
      ...this.instructions.env,
      ...Object.fromEntries(captured),
      ...(this.#revision === '' ? {} : { OTTO_REVISION: this.#revision }),
      ...own,
    };
  }

  values(env: Record<string, string>): Values {
    const { scope } = this.instructions;
    return { ...scope, source: { ...scope.source, revision: this.#revision }, steps: this.steps, env };
  }

  judge(outcome: Outcome): void {
    this.verdict = this.verdict === undefined ? outcome : worse(this.verdict, outcome);
  }
}
