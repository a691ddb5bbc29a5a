/**
 * Keeps a copy true to the server for as long as the signal lets it: lists in pages, then watches from the list's
 * resourceVersion, and takes either up again after any failure. It never ends by itself and never throws.
 */
import type { KubeObject } from '../api/kubernetes.ts';
import { Backoff } from './backoff.ts';
import type { ApiClient } from './client.ts';
import { type Clock, elapsedOf, pause } from './clock.ts';
import { ApiError, isExpired, isTooLarge } from './errors.ts';
import type { ResourceType } from './resource.ts';
import { isOlder } from './resource-version.ts';

/** What the server says, in its order. Nothing here may throw. */
export interface ReflectorSink<T> {
  /** `rewound`: the server's history is another than the one seen before (a restored backup), so this is no older news. */
  put(object: T, rewound: boolean): void;
  remove(object: T): void;
  /** A list is complete: what was not put since `beginList` was gone at this version. */
  beginList(): void;
  endList(version: string | undefined, rewound: boolean): void;
}

export interface ReflectorLimits {
  pageSize: number;
  firstBackoffMs: number;
  maxBackoffMs: number;
  /** A watch is asked to last this long, up to twice. */
  watchSeconds: number;
  /** Without a byte for so long the connection is given up; bookmarks come about each minute. */
  silenceMs: number;
}

export const REFLECTOR_LIMITS: ReflectorLimits = {
  pageSize: 500,
  firstBackoffMs: 75,
  maxBackoffMs: 7000,
  watchSeconds: 300,
  silenceMs: 90_000,
};

export interface ReflectorOptions<T extends KubeObject> {
  client: Pick<ApiClient, 'list' | 'watch'>;
  type: ResourceType<T>;
  /** Absent: all of them. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  sink: ReflectorSink<T>;
  clock: Clock;
  limits: ReflectorLimits;
  /** Each new kind of trouble once, until things went on. */
  onError: (error: unknown) => void;
}

/** A watch that lived this long was no failure, even without an event. */
const HEALTHY_MS = 1000;
/** Two silent watches in a row: perhaps the server's history is behind ours and will be for long, so list. */
const SILENT_WATCHES = 2;

interface Watching {
  since: number;
  /** An event or a bookmark came. */
  heard: boolean;
}

export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #backoff: Backoff;
  /** Where the next watch starts; absent: list first. */
  #resumeAt: string | undefined;
  /** Everything up to here was passed on. */
  #version: string | undefined;
  #heardAt: number | undefined;
  #synced = false;
  #silent = 0;
  #lastError = '';
  /** Smaller where objects are so large that a whole page is more than is read. */
  #pageSize: number;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    const { clock, limits } = options;
    this.#pageSize = limits.pageSize;
    this.#backoff = new Backoff({
      firstMs: limits.firstBackoffMs,
      maxMs: limits.maxBackoffMs,
      random: () => clock.random(),
    });
  }

  get version(): string | undefined {
    return this.#version;
  }

  get hasSynced(): boolean {
    return this.#synced;
  }

  /** Milliseconds since the server last said anything; infinite before the first word. */
  ageMs(): number {
    return this.#heardAt === undefined
      ? Number.POSITIVE_INFINITY
      : elapsedOf(this.#options.clock) - this.#heardAt;
  }

  /** Resolves when the signal has aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      let watching: Watching | undefined;
      try {
        if (this.#resumeAt === undefined) await this.#list(signal);
        if (signal.aborted) return;
        watching = { since: elapsedOf(clock), heard: false };
        await this.#watch(signal, watching);
        const lived = elapsedOf(clock) - watching.since >= HEALTHY_MS;
        if (lived || watching.heard) this.#progress();
        if (lived) continue;
      } catch (error) {
        if (signal.aborted) return;
        this.#failed(error, watching);
      }
      await pause(clock, this.#backoff.next(), signal);
    }
  }

  #failed(error: unknown, watching: Watching | undefined): void {
    const { clock, limits } = this.#options;
    const list = mustList(error);
    if (isTooLarge(error)) this.#pageSize = Math.ceil(this.#pageSize / 2);
    if (watching !== undefined) {
      const lived = elapsedOf(clock) - watching.since;
      // A list that helps for no longer than a moment must not be repeated without a pause that grows.
      if (watching.heard && (!list || lived >= HEALTHY_MS)) this.#progress();
      this.#silent = watching.heard || lived < limits.silenceMs ? 0 : this.#silent + 1;
    }
    if (list || this.#silent >= SILENT_WATCHES) {
      this.#silent = 0;
      this.#resumeAt = undefined;
    }
    this.#tell(error);
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, type, namespace, labelSelector, sink } = this.#options;
    sink.beginList();
    let version: string | undefined;
    let rewound = false;
    let next: string | undefined;
    do {
      // Without a resourceVersion: the newest state there is, so one that is behind what we saw is another history.
      const page = await client.list(type, {
        namespace,
        labelSelector,
        limit: this.#pageSize,
        continue: next,
        signal,
      });
      if (signal.aborted) return;
      this.#hear();
      if (version === undefined) {
        version = page.metadata.resourceVersion;
        rewound = isOlder(version, this.#version);
      }
      for (const object of page.items) sink.put(object, rewound);
      next = page.metadata.continue === '' ? undefined : page.metadata.continue;
    } while (next !== undefined);
    this.#version = version;
    this.#resumeAt = version;
    this.#synced = true;
    sink.endList(version, rewound);
  }

  async #watch(signal: AbortSignal, watching: Watching): Promise<void> {
    const { client, type, namespace, labelSelector, sink, clock, limits } = this.#options;
    const events = client.watch(type, {
      namespace,
      labelSelector,
      resourceVersion: this.#resumeAt ?? '',
      timeoutSeconds: Math.round(limits.watchSeconds * (1 + clock.random())),
      silenceMs: limits.silenceMs,
      signal,
    });
    for await (const event of events) {
      if (signal.aborted) return;
      const { resourceVersion } = event.object.metadata;
      if (isOlder(resourceVersion, this.#version)) {
        throw new ApiError(410, 'Expired', `the server's history went back to ${resourceVersion}`);
      }
      watching.heard = true;
      this.#hear();
      this.#version = resourceVersion;
      this.#resumeAt = resourceVersion;
      if (event.type === 'DELETED') sink.remove(event.object);
      else if (event.type !== 'BOOKMARK') sink.put(event.object, false);
    }
  }

  #hear(): void {
    this.#heardAt = elapsedOf(this.#options.clock);
  }

  #progress(): void {
    this.#backoff.reset();
    this.#lastError = '';
  }

  #tell(error: unknown): void {
    const text = String(error);
    if (text === this.#lastError) return;
    this.#lastError = text;
    this.#options.onError(error);
  }
}

/** Where going on from the last version seen leads nowhere. */
function mustList(error: unknown): boolean {
  if (isExpired(error)) return true;
  if (!(error instanceof ApiError)) return true;
  const { code, reason, message } = error;
  return (
    code === 400 || code === 500 || reason === 'Malformed' || message.includes('Too large resource version')
  );
}
