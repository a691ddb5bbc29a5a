/** A map that forgets what was used longest ago. */
export class Recent<K, V> {
  readonly #entries = new Map<K, V>();
  readonly #weights = new Map<K, number>();
  readonly #most: number;
  readonly #mostWeight: number;
  #weight = 0;

  /** @param mostWeight of all entries together, where they are given weights. */
  constructor(most: number, mostWeight: number = Number.POSITIVE_INFINITY) {
    this.#most = most;
    this.#mostWeight = mostWeight;
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }

  /** An entry that is heavier than all may be together is kept alone. */
  set(key: K, value: V, weight: number = 0): void {
    this.delete(key);
    this.#entries.set(key, value);
    this.#weights.set(key, weight);
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#most && this.#weight <= this.#mostWeight) return;
      if (oldest !== key) this.delete(oldest);
    }
  }

  delete(key: K): void {
    this.#weight -= this.#weights.get(key) ?? 0;
    this.#weights.delete(key);
    this.#entries.delete(key);
  }

  get size(): number {
    return this.#entries.size;
  }
}
