/** A block of lines at the bottom of the terminal that is drawn over itself. */
import type { Io } from './io.ts';

const FRAME_MS = 100;
/** Times that run are shown anew this often. */
const TICK_MS = 1000;
const CLEAR_TO_END = '\u001B[J';

export class Screen {
  readonly #io: Io;
  readonly #lines: () => string[];
  #drawn = 0;
  #due: NodeJS.Timeout | undefined;
  readonly #tick: NodeJS.Timeout;
  readonly #offResize: () => void;

  /** @param lines none wider or more than the terminal is, now. */
  constructor(io: Io, lines: () => string[]) {
    this.#io = io;
    this.#lines = lines;
    this.#tick = setInterval(() => this.changed(), TICK_MS);
    // Lines that were drawn may be wrapped now, so their place is not known: what comes is drawn below them.
    this.#offResize = io.onResize(() => {
      this.#drawn = 0;
    });
  }

  /** Draws soon; many changes are one frame. */
  changed(): void {
    this.#due ??= setTimeout(() => this.#draw(), FRAME_MS);
  }

  /** Draws the last frame, which stays. */
  end(): void {
    clearInterval(this.#tick);
    this.#offResize();
    this.#draw();
  }

  #draw(): void {
    clearTimeout(this.#due);
    this.#due = undefined;
    const lines = this.#lines();
    const up = this.#drawn === 0 ? '' : `\u001B[${this.#drawn}A`;
    this.#io.draw(`${up}\r${CLEAR_TO_END}${lines.map((text) => `${text}\n`).join('')}`);
    this.#drawn = lines.length;
  }
}
