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

  /** What the Run as a whole waits for; once there are stages they speak, and at the end the caller. */
  run({ status }: Run): void {
    const { message, stages = [], completionTime } = status ?? {};
    const spoken = stages.length > 0 || completionTime !== undefined || this.#options.logsOnly === true;
    if (spoken || message === undefined || message === this.#message) return;
    this.#message = message;
    this.#options.print(oneLine(message));
  }

  stage(stage: StageStatus): void {
    if (this.#options.logsOnly === true) return;
    this.#options.print(stageLine(stage, { ...this.#io.look(), width: undefined }));
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
function logPrefix({ stage, attempt }: Attempt): string {
  return attempt > 1 ? `[${stage}#${attempt}]` : `[${stage}]`;
}
