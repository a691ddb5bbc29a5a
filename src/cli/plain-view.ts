/** A Run that is followed, as lines: for pipes and logs of CI, where nothing can be drawn over. */
import type { Run, StageStatus } from '../api/run.ts';
import type { FollowView } from './follow.ts';
import type { Io } from './io.ts';
import { createLogRenderer } from './log-lines.ts';
import type { Attempt } from './run-state.ts';
import { stageLine } from './stage-line.ts';
import { oneLine } from './text.ts';

export interface PlainOptions {
  /** Where lines go: a result that goes to standard output leaves it no other place than standard error. */
  print: (text: string) => void;
  timestamps?: boolean;
  /** Only that step's own output. */
  step?: number | undefined;
  /** Logs alone, without what became of stages. */
  logsOnly?: boolean;
  /** There is only one stage to show: its name before each line says nothing. */
  noPrefix?: boolean;
}

export class PlainView implements FollowView {
  readonly #io: Io;
  readonly #options: PlainOptions;
  readonly #renderers = new Map<string, (line: string) => string | undefined>();
  #message: string | undefined;

  constructor(io: Io, options: PlainOptions) {
    this.#io = io;
    this.#options = options;
  }

  /** What the Run as a whole waits for; at its end the caller says how it ended. */
  run(run: Run): void {
    const message = run.status?.message;
    const ended = run.status?.completionTime !== undefined;
    if (message === undefined || message === this.#message || ended || this.#options.logsOnly === true)
      return;
    this.#message = message;
    this.#options.print(oneLine(message));
  }

  stage(before: StageStatus | undefined, after: StageStatus): void {
    if (this.#options.logsOnly === true) return;
    const text = stageLine(before, after, { ...this.#io.look(), width: undefined });
    if (text !== undefined) this.#options.print(text);
  }

  line(attempt: Attempt, line: string): void {
    let renderer = this.#renderers.get(attempt.podName);
    if (renderer === undefined) {
      const { noPrefix, timestamps, step } = this.#options;
      const style = {
        ...(noPrefix === true ? {} : { prefix: logPrefix(attempt) }),
        ...(timestamps === undefined ? {} : { timestamps }),
        step,
        isTerminal: this.#io.isTerminal,
      };
      renderer = createLogRenderer(style, this.#io.look());
      this.#renderers.set(attempt.podName, renderer);
    }
    const text = renderer(line);
    if (text !== undefined) this.#options.print(text);
  }

  trouble(message: string): void {
    this.#io.note(`otto: ${message}`);
  }

  async ready(): Promise<void> {
    await this.#io.ready();
  }
}

/** `[build]`, and for a second attempt `[build#2]`. */
export function logPrefix({ stage, attempt }: Attempt): string {
  return attempt > 1 ? `[${stage}#${attempt}]` : `[${stage}]`;
}
