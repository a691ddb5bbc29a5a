/**
 * Keys to work on, as client-go's workqueue: a key waits at most once, is never with two workers at a time, and one that
 * is added while it is worked on comes again afterwards. First in, first out.
 */
import { type Clock, elapsedOf, systemClock } from './clock.ts';
import { DelayHeap } from './delay-heap.ts';

export interface WorkQueueOptions {
  clock?: Clock;
  /** After a key's first failure; doubled with each further one. */
  firstDelayMs?: number;
  maxDelayMs?: number;
  /** Keys that wait for a worker. */
  onDepth?: (depth: number) => void;
  onAdd?: () => void;
  onRetry?: () => void;
  /** How long a key waited for its worker. */
  onWait?: (seconds: number) => void;
}

/** setTimeout takes no more than 2³¹ ms. */
const LONGEST_TIMER_MS = 3_600_000;

export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #clock: Clock;
  readonly #firstDelayMs: number;
  readonly #maxDelayMs: number;
  /** Keys in order from #head on; what lies before was taken. */
  #order: string[] = [];
  #head = 0;
  /** Keys that need work, with the time since when: those in order, and those added while they are processed. */
  readonly #dirty = new Map<string, number>();
  readonly #processing = new Set<string>();
  readonly #delayed = new DelayHeap();
  readonly #failures = new Map<string, number>();
  readonly #waiters: ((key: string | undefined) => void)[] = [];
  #timer: { at: number; cancel: () => void } | undefined;
  #isShutDown = false;

  constructor(options: WorkQueueOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#firstDelayMs = options.firstDelayMs ?? 50;
    this.#maxDelayMs = options.maxDelayMs ?? 60_000;
  }

  /** Keys that wait for a worker; those that wait for their time do not count. */
  get size(): number {
    return this.#order.length - this.#head;
  }

  add(key: string): void {
    if (this.#isShutDown || this.#dirty.has(key)) return;
    this.#dirty.set(key, elapsedOf(this.#clock));
    this.#options.onAdd?.();
    if (!this.#processing.has(key)) this.#enqueue(key);
  }

  /** Of several times for one key the earliest counts. */
  addAfter(key: string, ms: number): void {
    if (this.#isShutDown) return;
    if (!(ms > 0)) {
      this.add(key);
      return;
    }
    this.#delayed.add(key, elapsedOf(this.#clock) + ms);
    this.#schedule();
  }

  /** Adds it after a wait that doubles with each call until `forget`. */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#options.onRetry?.();
    this.addAfter(key, Math.min(this.#firstDelayMs * 2 ** Math.min(failures, 30), this.#maxDelayMs));
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** The next key, when there is one; undefined after `shutDown`. The key must be given back with `done`. */
  get(): Promise<string | undefined> {
    if (this.#isShutDown) return Promise.resolve(undefined);
    if (this.size > 0) return Promise.resolve(this.#take());
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
    });
  }

  done(key: string): void {
    this.#processing.delete(key);
    if (this.#dirty.has(key) && !this.#isShutDown) this.#enqueue(key);
  }

  /** No key is taken any more, so that a process can end soon: the next one finds all of them again by its caches. */
  shutDown(): void {
    this.#isShutDown = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#delayed.clear();
    this.#dirty.clear();
    this.#failures.clear();
    this.#order = [];
    this.#head = 0;
    this.#options.onDepth?.(0);
    for (const resolve of this.#waiters.splice(0)) resolve(undefined);
  }

  #enqueue(key: string): void {
    this.#order.push(key);
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) waiter(this.#take());
    else this.#options.onDepth?.(this.size);
  }

  #take(): string | undefined {
    const key = this.#order[this.#head];
    if (key === undefined) return undefined;
    this.#head++;
    if (this.#head > 1000 && this.#head * 2 > this.#order.length) {
      this.#order = this.#order.slice(this.#head);
      this.#head = 0;
    }
    const since = this.#dirty.get(key) ?? 0;
    this.#dirty.delete(key);
    this.#processing.add(key);
    this.#options.onDepth?.(this.size);
    this.#options.onWait?.((elapsedOf(this.#clock) - since) / 1000);
    return key;
  }

  /** One timer, for the key that is due first. */
  #schedule(): void {
    const at = this.#delayed.next();
    if (at === undefined || (this.#timer !== undefined && this.#timer.at <= at)) return;
    this.#timer?.cancel();
    const wait = Math.min(Math.max(0, at - elapsedOf(this.#clock)), LONGEST_TIMER_MS);
    this.#timer = { at, cancel: this.#clock.after(Math.ceil(wait), () => this.#addDue()) };
  }

  #addDue(): void {
    this.#timer = undefined;
    const now = elapsedOf(this.#clock);
    for (let key = this.#delayed.take(now); key !== undefined; key = this.#delayed.take(now)) this.add(key);
    this.#schedule();
  }
}
