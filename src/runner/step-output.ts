/** The way of a step's bytes into the log: mask, then cut into lines, then write. */
import { LineSplitter } from './lines.ts';
import { Masker } from './mask.ts';
import type { StageLog } from './stage-log.ts';

const LAST_LINE_CHARACTERS = 300;

export class StepOutput {
  readonly #log: StageLog;
  readonly #masker: Masker;
  readonly #splitter: LineSplitter;
  #lastLine = '';
  #lastTrace = '';

  constructor(log: StageLog, patterns: readonly Buffer[], encoding?: string) {
    this.#log = log;
    this.#masker = new Masker(patterns);
    this.#splitter = new LineSplitter(encoding);
  }

  write(chunk: Buffer): void {
    this.#lines(this.#splitter.push(this.#masker.push(chunk)));
  }

  end(): void {
    this.#lines([...this.#splitter.push(this.#masker.flush()), ...this.#splitter.flush()]);
  }

  /** The last that the step said, a shell's trace only if there is nothing else. */
  get lastLine(): string {
    return (this.#lastLine || this.#lastTrace).slice(0, LAST_LINE_CHARACTERS);
  }

  #lines(lines: readonly string[]): void {
    this.#log.lines(lines);
    for (let i = lines.length - 1; i >= 0; i--) {
      const line = lines[i]?.trim() ?? '';
      if (line === '') continue;
      if (!line.startsWith('+')) {
        this.#lastLine = line;
        return;
      }
      if (i === lines.length - 1) this.#lastTrace = line;
    }
  }
}
