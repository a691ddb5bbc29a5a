/** Growing waits with jitter, so that many clients of a server that comes back do not come back as one. */
export interface BackoffOptions {
  firstMs: number;
  maxMs: number;
  /** 0 ≤ x < 1. */
  random: () => number;
}

export class Backoff {
  #failures = 0;
  readonly #options: BackoffOptions;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Milliseconds to wait after one more failure: first × 2ⁿ up to the maximum, each within ±25%. */
  next(): number {
    const { firstMs, maxMs, random } = this.#options;
    const wait = Math.min(firstMs * 2 ** Math.min(this.#failures, 30), maxMs);
    this.#failures++;
    return wait * (0.75 + random() / 2);
  }

  reset(): void {
    this.#failures = 0;
  }
}
