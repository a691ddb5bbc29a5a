/** Keys with the time at which each is due; the earliest of a key counts. A binary heap, bounded by its distinct keys. */
interface Entry {
  key: string;
  at: number;
}

export class DelayHeap {
  readonly #due = new Map<string, number>();
  /** Holds entries that an earlier one of their key made void; they are passed over when their turn comes. */
  #heap: Entry[] = [];

  get size(): number {
    return this.#due.size;
  }

  add(key: string, at: number): void {
    const known = this.#due.get(key);
    if (known !== undefined && known <= at) return;
    this.#due.set(key, at);
    this.#push({ key, at });
    if (this.#heap.length > 2 * this.#due.size + 64) this.#rebuild();
  }

  /** When the first is due. */
  next(): number | undefined {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (this.#due.get(first.key) === first.at) return first.at;
      this.#pop();
    }
    return undefined;
  }

  /** The first key that is due by now. */
  take(now: number): string | undefined {
    const at = this.next();
    if (at === undefined || at > now) return undefined;
    const key = this.#pop()?.key ?? '';
    this.#due.delete(key);
    return key;
  }

  clear(): void {
    this.#due.clear();
    this.#heap = [];
  }

  #rebuild(): void {
    this.#heap = [];
    for (const [key, at] of this.#due) this.#push({ key, at });
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.at <= entry.at) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      let below = heap[child];
      const right = heap[child + 1];
      if (below !== undefined && right !== undefined && right.at < below.at) {
        child++;
        below = right;
      }
      if (below === undefined || below.at >= last.at) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}
