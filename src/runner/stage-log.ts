/** The one log of a stage: all output of all steps, with times, bounded. */
import { renderEnd, renderStart, renderText } from './log-format.ts';

export class StageLog {
  readonly #write: (text: string) => void;
  readonly #limit: number;
  readonly #now: () => number;
  #bytes = 0;
  #cut = false;
  /** Since the last step's end. */
  #discarded = false;

  /** @param limit bytes of the steps' output; what the runner itself says does not count. */
  constructor(write: (text: string) => void, limit: number, now: () => number = Date.now) {
    this.#write = write;
    this.#limit = limit;
    this.#now = now;
  }

  /** It takes no more output. */
  get isFull(): boolean {
    return this.#cut;
  }

  /** Output of the step at hand that came when the log was full. */
  discard(): void {
    this.#discarded = true;
  }

  /** Output of a step. */
  lines(lines: readonly string[]): void {
    if (this.#cut || lines.length === 0) return;
    const time = this.#time();
    let text = '';
    for (const line of lines) {
      const rendered = renderText(time, line);
      this.#bytes += Buffer.byteLength(rendered);
      if (this.#bytes > this.#limit) {
        this.#cut = true;
        this.#discarded = true;
        text += renderText(time, `${this.#tooLong()}: the rest is discarded]`);
        break;
      }
      text += rendered;
    }
    this.#write(text);
  }

  /** The runner's own word. */
  note(text: string): void {
    this.#write(renderText(this.#time(), text));
  }

  start(step: number, name: string): void {
    this.#write(renderStart(this.#time(), step, name));
  }

  /** Tells of the cut again: the kubelet may have put away the file in which it was told first. */
  end(step: number, result: string, milliseconds: number): void {
    if (this.#discarded) this.note(`${this.#tooLong()}: output of this step was discarded]`);
    this.#discarded = false;
    this.#write(renderEnd(this.#time(), step, result, milliseconds));
  }

  #tooLong(): string {
    return `[the log of this stage is longer than ${this.#limit} bytes`;
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
  }
}
