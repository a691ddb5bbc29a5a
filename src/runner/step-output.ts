/** The way of a step's bytes into the log: mask, then cut into lines, then write. */
import { LineSplitter } from './lines.ts';
import { Masker } from './mask.ts';
import type { StageLog } from './stage-log.ts';

const LAST_LINE_CHARACTERS = 300;
const TAIL_BYTES = 4096;

export class StepOutput {
  readonly #log: StageLog;
  readonly #masker: Masker;
  readonly #splitter: LineSplitter;
  #tail: Buffer = Buffer.alloc(0);
  #lastLine = '';
  #lastTrace = '';

  constructor(log: StageLog, patterns: readonly Buffer[], encoding?: string) {
    this.#log = log;
    this.#masker = new Masker(patterns);
    this.#splitter = new LineSplitter(encoding);
  }

  write(chunk: Buffer): void {
    const shown = this.#masker.push(chunk);
    if (!this.#log.isFull) {
      this.#lines(this.#splitter.push(shown));
      return;
    }
    this.#log.discard();
    // Nobody sees it, but the last line may have to be told.
    const rest = shown.length < TAIL_BYTES ? Buffer.concat([this.#tail, shown]) : shown;
    this.#tail = Buffer.from(rest.subarray(-TAIL_BYTES));
  }

  end(): void {
    if (this.#tail.length > 0) this.#lines(this.#splitter.push(this.#tail));
    this.#tail = Buffer.alloc(0);
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
