/** Keeps what a verb says. */
import type { Io } from '../io.ts';
import type { Look } from '../look.ts';

export class RecordingIo implements Io {
  /** Lines of standard output and of standard error. */
  readonly out: string[] = [];
  readonly err: string[] = [];
  /** Frames of a live view, with their codes. */
  readonly frames: string[] = [];
  isTerminal: boolean = false;
  input = '';
  readonly #interrupt = new AbortController();

  readonly print = (text: string): void => {
    this.out.push(...text.split('\n'));
  };

  readonly note = (text: string): void => {
    this.err.push(...text.split('\n'));
  };

  draw(text: string): void {
    this.frames.push(text);
  }

  async ready(): Promise<void> {}

  look(): Look {
    return {
      colour: false,
      width: this.isTerminal ? 80 : undefined,
      now: Date.UTC(2026, 0, 1, 12, 10),
    };
  }

  rows(): number {
    return 24;
  }

  onResize(): () => void {
    return () => {};
  }

  interrupted(): { signal: AbortSignal; release: () => void } {
    return { signal: this.#interrupt.signal, release: () => {} };
  }

  /** Ctrl-C. */
  interrupt(): void {
    this.#interrupt.abort();
  }

  async readInput(): Promise<string> {
    return this.input;
  }
}
