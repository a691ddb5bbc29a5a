/** Time that passes when a test says so. */
import type { Clock } from '../clock.ts';

export class ManualClock implements Clock {
  #now = 0;
  #timers: { at: number; fn: () => void }[] = [];
  /** Of the wall clock: how far it is from the truth. */
  skewMs = 1_700_000_000_000;

  now(): number {
    return this.#now + this.skewMs;
  }

  elapsed(): number {
    return this.#now;
  }

  random(): number {
    return 0.5;
  }

  after(ms: number, fn: () => void): () => void {
    const timer = { at: this.#now + ms, fn };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  get timers(): number {
    return this.#timers.length;
  }

  /** Timers go off in their order, and what they set off is run to its end in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (;;) {
      const next = this.#timers.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#now = next.at;
      next.fn();
      await settled();
    }
    this.#now = end;
  }
}

export async function settled(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}
