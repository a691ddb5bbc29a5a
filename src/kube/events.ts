/**
 * Tells of an object's life by Events. Never waits, never throws, never floods: the same fact is counted in one Event,
 * an object has a budget, and what cannot be written after a few tries is dropped and counted.
 */
import type { KubeObject } from '../api/kubernetes.ts';
import { Backoff } from './backoff.ts';
import type { ApiClient } from './client.ts';
import { type Clock, elapsedOf, pause, systemClock } from './clock.ts';
import { ApiError, isAlreadyExists, isNotFound } from './errors.ts';
import {
  type EventKind,
  type EventSeries,
  eventBody,
  eventName,
  eventNamespace,
  rfc3339,
  shorten,
} from './event-body.ts';
import { Recent } from './recent.ts';
import { EVENTS } from './resource.ts';
import { TokenBucket } from './token-bucket.ts';

export interface EventRecorderOptions {
  client: Pick<ApiClient, 'list' | 'create' | 'patch'>;
  /** `otto`. */
  component: string;
  /** This process. */
  instance: string;
  clock?: Clock;
  /** An event could not be written and is dropped. */
  onError?(error: unknown): void;
}

/** Equal facts within this time are one Event. */
const WINDOW_MS = 600_000;
/** client-go's: 25 at once, and one more each five minutes. */
const BURST = 25;
const REFILL_MS = 300_000;
const MOST_SERIES = 1024;
const MOST_WAITING = 1000;
const TRIES = 3;

interface Known extends EventSeries {
  isWritten: boolean;
  /** Waits in the queue. */
  isQueued: boolean;
}

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #clock: Clock;
  readonly #series = new Recent<string, Known>(MOST_SERIES);
  readonly #budgets = new Recent<string, TokenBucket>(MOST_SERIES);
  #queue: Known[] = [];
  #writing: Promise<void> | undefined;
  #dropped = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Events that were not written: over a budget, or refused by the server. */
  get dropped(): number {
    return this.#dropped;
  }

  record(object: KubeObject, kind: EventKind, reason: string, message: string): void {
    const now = this.#clock.now();
    const { uid = '', namespace = '', name = '' } = object.metadata;
    const about = uid === '' ? `${object.kind ?? ''}/${namespace}/${name}` : uid;
    const text = shorten(message);
    const identity = [about, kind, reason, text].join('\0');
    let series = this.#series.get(identity);
    if (series === undefined || now - series.firstAt >= WINDOW_MS) {
      if (!this.#budgetOf(about).take(this.#elapsed())) {
        this.#dropped++;
        return;
      }
      series = {
        object: { ...typeOf(object), metadata: identityOf(object) },
        kind,
        reason,
        message: text,
        name: eventName(object, identity, Math.floor(now / WINDOW_MS)),
        firstAt: now,
        lastAt: now,
        count: 0,
        isWritten: false,
        isQueued: false,
      };
      this.#series.set(identity, series);
    }
    series.count++;
    series.lastAt = now;
    this.#enqueue(series);
  }

  /** Resolves when everything recorded is written or dropped, at the latest after `limitMs`. */
  async flush(limitMs: number): Promise<void> {
    if (this.#writing === undefined) return;
    const over = new AbortController();
    await Promise.race([this.#writing, pause(this.#clock, limitMs, over.signal)]);
    over.abort();
  }

  #budgetOf(about: string): TokenBucket {
    const known = this.#budgets.get(about);
    if (known !== undefined) return known;
    const budget = new TokenBucket(BURST, REFILL_MS, this.#elapsed());
    this.#budgets.set(about, budget);
    return budget;
  }

  #enqueue(series: Known): void {
    if (series.isQueued) return;
    if (this.#queue.length >= MOST_WAITING) {
      this.#dropped++;
      return;
    }
    series.isQueued = true;
    this.#queue.push(series);
    this.#writing ??= this.#drain();
  }

  async #drain(): Promise<void> {
    // What is recorded in one go is counted before it is written.
    await Promise.resolve();
    for (let series = this.#queue.shift(); series !== undefined; series = this.#queue.shift()) {
      series.isQueued = false;
      await this.#write(series);
    }
    this.#writing = undefined;
  }

  async #write(series: Known): Promise<void> {
    const backoff = new Backoff({ firstMs: 250, maxMs: 5000, random: () => this.#clock.random() });
    for (let tries = 1; ; tries++) {
      try {
        await this.#send(series);
        return;
      } catch (error) {
        if (tries === TRIES || !mayPass(error)) {
          this.#dropped++;
          this.#options.onError?.(error);
          return;
        }
        await pause(this.#clock, backoff.next());
      }
    }
  }

  async #send(series: Known): Promise<void> {
    const { client } = this.#options;
    const namespace = eventNamespace(series.object);
    const key = { namespace, name: series.name };
    const once = { attempts: 1, timeoutMs: 10_000 };
    if (!series.isWritten) {
      try {
        await client.create(EVENTS, namespace, eventBody(series, this.#options), once);
        series.isWritten = true;
        return;
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
      }
      // Of this process before it started again, or a create whose answer was lost: go on counting.
      const { items } = await client.list(EVENTS, {
        namespace,
        fieldSelector: `metadata.name=${series.name}`,
      });
      series.count += items[0]?.count ?? 0;
      series.isWritten = true;
    }
    try {
      const body = { count: series.count, lastTimestamp: rfc3339(series.lastAt) };
      await client.patch(EVENTS, key, { kind: 'merge', body }, once);
    } catch (error) {
      // The server keeps Events for an hour by default, and somebody may delete them.
      if (isNotFound(error)) series.isWritten = false;
      throw error;
    }
  }

  #elapsed(): number {
    return elapsedOf(this.#clock);
  }
}

/** What the Event needs of the object; the object itself must not be kept alive. */
function identityOf(object: KubeObject): KubeObject['metadata'] {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return {
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}

function typeOf({ apiVersion, kind }: KubeObject): { apiVersion?: string; kind?: string } {
  return { ...(apiVersion === undefined ? {} : { apiVersion }), ...(kind === undefined ? {} : { kind }) };
}

/** Worth another try: no answer, too many requests, an outage, or the Event vanished between. */
function mayPass(error: unknown): boolean {
  return (
    error instanceof ApiError &&
    (error.code === 0 || error.code === 404 || error.code === 429 || error.code >= 500)
  );
}
