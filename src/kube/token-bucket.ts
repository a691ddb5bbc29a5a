/** So many at once, and then one more each `refillMs`. */
export class TokenBucket {
  #tokens: number;
  #at: number;
  readonly #size: number;
  readonly #refillMs: number;

  constructor(size: number, refillMs: number, now: number) {
    this.#size = size;
    this.#refillMs = refillMs;
    this.#tokens = size;
    this.#at = now;
  }

  /** @returns whether there was one to take. */
  take(now: number): boolean {
    this.#tokens = Math.min(this.#size, this.#tokens + (now - this.#at) / this.#refillMs);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
