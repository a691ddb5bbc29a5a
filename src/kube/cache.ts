/** What the server holds of one kind, in memory: read without a request, told to handlers change by change. */
import type { KubeObject } from '../api/kubernetes.ts';
import type { ApiClient } from './client.ts';
import { type Clock, systemClock } from './clock.ts';
import { selectorMatches } from './label-selector.ts';
import { REFLECTOR_LIMITS, Reflector, type ReflectorLimits, type ReflectorSink } from './reflector.ts';
import { keyOf, type ObjectKey, type ResourceType } from './resource.ts';
import { isNewer, isOlder } from './resource-version.ts';
import { type Indexer, Store, storeKey } from './store.ts';

export interface CacheOptions<T extends KubeObject> {
  client: Pick<ApiClient, 'list' | 'watch'>;
  type: ResourceType<T>;
  /** Empty: all namespaces; else one list and one watch each. */
  namespaces: readonly string[];
  labelSelector?: string;
  indexes: Readonly<Record<string, Indexer<T>>>;
  /** What is kept of an object: memory is paid per object held. */
  strip?: (object: T) => T;
  clock?: Clock;
  /** Trouble with the server, each kind once until things went on; and handlers that threw. */
  onError: (error: unknown) => void;
  limits?: Partial<ReflectorLimits>;
}

export interface Change<T> {
  /** Absent: it is new. */
  before?: T;
  /** Absent: it is gone. */
  after?: T;
  /** Known from the answer to a request of ours; the watch will not tell it again. */
  observed?: boolean;
}

export type ChangeHandler<T> = (change: Change<T>) => void;

export class Cache<T extends KubeObject> {
  readonly #options: CacheOptions<T>;
  readonly #store: Store<T>;
  readonly #handlers = new Set<ChangeHandler<T>>();
  /** By namespace; '' for all of them. */
  readonly #reflectors = new Map<string, Reflector<T>>();
  readonly #waiting: (() => void)[] = [];

  constructor(options: CacheOptions<T>) {
    this.#options = options;
    this.#store = new Store(options.indexes);
    const scopes = options.namespaces.length === 0 ? [''] : new Set(options.namespaces);
    for (const scope of scopes) this.#reflectors.set(scope, this.#reflector(scope));
  }

  /** Lists and watches until the signal aborts; nothing of it throws. */
  start(signal: AbortSignal): void {
    for (const reflector of this.#reflectors.values()) {
      reflector.run(signal).catch((error: unknown) => this.#options.onError(error));
    }
  }

  /** Everything that was there at the start is here. */
  hasSynced(): boolean {
    return [...this.#reflectors.values()].every((reflector) => reflector.hasSynced);
  }

  whenSynced(): Promise<void> {
    if (this.hasSynced()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** Milliseconds since the server last spoke, of the watch that is silent for longest; infinite before the first word. */
  ageMs(): number {
    return Math.max(...Array.from(this.#reflectors.values(), (reflector) => reflector.ageMs()));
  }

  get size(): number {
    return this.#store.size;
  }

  get(key: ObjectKey): T | undefined {
    return this.#store.get(storeKey(key));
  }

  byIndex(index: string, value: string): readonly T[] {
    return this.#store.byIndex(index, value);
  }

  all(): IterableIterator<T> {
    return this.#store.values();
  }

  /** @returns takes the handler away again. */
  onChange(handler: ChangeHandler<T>): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /**
   * Takes the answer to a request of ours, so that the next look sees it. What the watch has passed already it knows
   * better: an object of that time which is not here was deleted since. An opaque version cannot be placed, so there
   * the watch alone is heard.
   */
  observe(object: T): void {
    const { namespace = '', resourceVersion } = object.metadata;
    const reflector = this.#reflectors.get('') ?? this.#reflectors.get(namespace);
    if (reflector === undefined || !selectorMatches(this.#options.labelSelector, object.metadata.labels)) {
      return;
    }
    const known = this.get(keyOf(object));
    if (known !== undefined && !isNewer(resourceVersion, known.metadata.resourceVersion)) return;
    if (reflector.version !== undefined && !isNewer(resourceVersion, reflector.version)) return;
    this.#put(object, true);
  }

  #reflector(scope: string): Reflector<T> {
    const { client, type, labelSelector, clock = systemClock, limits, onError } = this.#options;
    return new Reflector<T>({
      client,
      type,
      namespace: scope === '' ? undefined : scope,
      labelSelector,
      sink: this.#sink(scope),
      clock,
      limits: { ...REFLECTOR_LIMITS, ...limits },
      onError,
    });
  }

  #sink(scope: string): ReflectorSink<T> {
    let listed = new Set<string>();
    let listing = false;
    return {
      beginList: () => {
        listed = new Set();
        listing = true;
      },
      put: (object, rewound) => {
        if (listing) listed.add(storeKey(keyOf(object)));
        const known = this.get(keyOf(object))?.metadata;
        const { uid, resourceVersion } = object.metadata;
        if (known !== undefined) {
          if (known.uid === uid && known.resourceVersion === resourceVersion) return;
          // An answer of ours was quicker.
          if (!rewound && isOlder(resourceVersion, known.resourceVersion)) return;
        }
        this.#put(object, false);
      },
      remove: (object) => {
        const key = storeKey(keyOf(object));
        const known = this.#store.get(key);
        const { uid, resourceVersion } = object.metadata;
        // An answer of ours told of its successor already.
        if (known?.metadata.uid !== uid && isNewer(known?.metadata.resourceVersion, resourceVersion)) return;
        this.#remove(key);
      },
      endList: (version, rewound) => {
        listing = false;
        for (const [key, object] of this.#store.entries()) {
          if (listed.has(key) || (scope !== '' && object.metadata.namespace !== scope)) continue;
          // Made by us after the list was taken: the watch will tell of it.
          if (!rewound && isNewer(object.metadata.resourceVersion, version)) continue;
          this.#remove(key);
        }
        listed = new Set();
        this.#checkSynced();
      },
    };
  }

  #put(object: T, observed: boolean): void {
    const { strip, type, onError } = this.#options;
    const key = storeKey(keyOf(object));
    const how = observed ? { observed } : {};
    try {
      // Entries of a list do not say what they are.
      object.apiVersion ??= type.apiVersion;
      object.kind ??= type.kind;
      const after = strip === undefined ? object : strip(object);
      // Another of the same name, whose end nobody saw.
      if (this.#store.get(key)?.metadata.uid !== after.metadata.uid) this.#remove(key, how);
      const before = this.#store.get(key);
      this.#store.set(key, after);
      this.#tell(before === undefined ? { after, ...how } : { before, after, ...how });
    } catch (error) {
      onError(error);
    }
  }

  #remove(key: string, how: { observed?: boolean } = {}): void {
    const before = this.#store.get(key);
    if (before === undefined) return;
    this.#store.delete(key);
    this.#tell({ before, ...how });
  }

  #tell(change: Change<T>): void {
    for (const handler of this.#handlers) {
      try {
        handler(change);
      } catch (error) {
        this.#options.onError(error);
      }
    }
  }

  #checkSynced(): void {
    if (!this.hasSynced()) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
