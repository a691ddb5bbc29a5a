/** Virtual time: nothing waits for real, and the same seed gives the same order of everything. */
import type { Clock } from '../kube/clock.ts';
import type { Random } from './random.ts';

interface Timer {
  at: number;
  /** Timers of one moment go off in the order in which they were set. */
  order: number;
  fn: () => void;
}

export class SimClock implements Clock {
  #now: number;
  #order = 0;
  /** A binary heap, the earliest first. */
  readonly #heap: Timer[] = [];
  readonly #random: Random;

  constructor(start: number, random: Random) {
    this.#now = start;
    this.#random = random;
  }

  now(): number {
    return this.#now;
  }

  random(): number {
    return this.#random.next();
  }

  after(ms: number, fn: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, ms), order: this.#order++, fn };
    this.#push(timer);
    return () => {
      timer.fn = () => {};
    };
  }

  /** A clock of one process: once cut, none of its timers goes off any more. */
  ofProcess(): { clock: Clock; cut: () => void } {
    let alive = true;
    const clock: Clock = {
      now: () => this.now(),
      random: () => this.random(),
      after: (ms, fn) =>
        this.after(ms, () => {
          if (alive) fn();
        }),
    };
    return {
      clock,
      cut: () => {
        alive = false;
      },
    };
  }

  /**
   * Lets time pass until `done` holds or `limitMs` of virtual time are over. Between two timers all that they set off is
   * run to its end.
   * @returns whether `done` holds.
   */
  async run(done: () => boolean, limitMs: number): Promise<boolean> {
    const end = this.#now + limitMs;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (done()) return true;
      const next = this.#pop();
      if (next === undefined || next.at > end) return false;
      this.#now = next.at;
      next.fn();
    }
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(timer, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = timer;
  }

  #pop(): Timer | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = heap[left + 1];
      let child = left;
      let below = heap[left];
      if (below !== undefined && right !== undefined && isBefore(right, below)) {
        child = left + 1;
        below = right;
      }
      if (below === undefined || !isBefore(below, last)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
