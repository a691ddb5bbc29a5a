/** One process's way to the model of the API server: slow, unsure, and gone when the process is cut. */
import type { KubeObject } from '../api/kubernetes.ts';
import type { ApiClient, DeleteOptions, ListOptions, Patch, WatchOptions } from '../kube/client.ts';
import { type Clock, pause } from '../kube/clock.ts';
import { ApiError } from '../kube/errors.ts';
import type { ObjectKey, ResourceType } from '../kube/resource.ts';
import type { WatchEvent } from '../kube/watch-stream.ts';
import { applyJsonPatch, mergePatch } from './json-patch.ts';
import type { Change, ModelStore } from './model-store.ts';
import type { Random } from './random.ts';

export interface Faults {
  /** Probability that a request does not arrive. */
  lost: number;
  /** Probability that a request has its effect and the answer does not arrive. */
  unanswered: number;
  /** Probability, per delivery, that a watch breaks. */
  broken: number;
  /** Probability, per delivery, that an event comes twice. */
  doubled: number;
  /** Longest way of a request or an event, milliseconds. */
  latencyMs: number;
}

export interface ModelClientOptions {
  store: ModelStore;
  clock: Clock;
  random: Random;
  faults: Faults;
  /** Told of each write that has its effect. */
  onWrite?: (verb: string, plural: string, name: string) => void;
  /** May refuse a creation, as quota and admission do, by throwing. */
  admit?: (plural: string, object: KubeObject) => void;
  /** Takes a deletion over, as a kubelet does for a pod that runs: it will remove the object itself. */
  deletes?: (plural: string, object: KubeObject, options: DeleteOptions) => boolean;
}

export class ModelClient implements ApiClient {
  readonly #options: ModelClientOptions;
  readonly #watching = new Set<() => void>();

  constructor(options: ModelClientOptions) {
    this.#options = options;
  }

  /** To be called after each change of the store. */
  wake(): void {
    for (const wake of this.#watching) wake();
  }

  async get<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey): Promise<T> {
    return await this.#send((store) => store.get(type.plural, key.namespace, key.name));
  }

  async list<T extends KubeObject>(
    type: ResourceType<T>,
    options: ListOptions,
  ): Promise<{ metadata: { resourceVersion: string }; items: T[] }> {
    return await this.#send((store) => ({
      metadata: { resourceVersion: String(store.version) },
      items: store.all(type.plural).filter((object) => isWanted(object, options)),
    }));
  }

  async create<T extends KubeObject>(type: ResourceType<T>, namespace: string, object: T): Promise<T> {
    return await this.#send((store) => {
      this.#options.admit?.(type.plural, object);
      const created = store.create(type.plural, namespace, object);
      this.#options.onWrite?.('create', type.plural, created.metadata.name ?? '');
      return created;
    });
  }

  async patch<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, patch: Patch): Promise<T> {
    return await this.#send((store) => {
      const exists = store.find(type.plural, key.namespace, key.name) !== undefined;
      if (!exists && patch.kind === 'apply') {
        return store.create(type.plural, key.namespace ?? '', {
          metadata: { name: key.name },
          ...patch.body,
        });
      }
      const changed = store.update(type.plural, key.namespace, key.name, (object) => {
        if (patch.kind === 'json') applyJsonPatch(object, patch.body);
        else mergePatch(object, patch.body);
      });
      this.#options.onWrite?.('patch', type.plural, key.name);
      return changed;
    });
  }

  async delete<T extends KubeObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    options: DeleteOptions = {},
  ): Promise<void> {
    await this.#send((store) => {
      const object = store.get(type.plural, key.namespace, key.name);
      if (options.uid !== undefined && object.metadata.uid !== options.uid) {
        throw new ApiError(409, 'Conflict', `${key.name} has another uid`);
      }
      const { resourceVersion = object.metadata.resourceVersion } = options;
      if (resourceVersion !== object.metadata.resourceVersion) {
        throw new ApiError(409, 'Conflict', `${key.name} has changed`);
      }
      this.#options.onWrite?.('delete', type.plural, key.name);
      if (this.#options.deletes?.(type.plural, object, options) === true) return undefined;
      return store.remove(type.plural, key.namespace, key.name);
    });
  }

  async *watch<T extends KubeObject>(
    type: ResourceType<T>,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void, undefined> {
    const { store, clock, random, faults } = this.#options;
    await this.#travel();
    const deadline = clock.now() + options.timeoutSeconds * 1000;
    let at = Number(options.resourceVersion);
    while (!options.signal.aborted && clock.now() < deadline) {
      const changes = store.since(at);
      if (changes === undefined) throw new ApiError(410, 'Expired', `version ${at} is too old`);
      if (changes.length === 0) await this.#change(deadline - clock.now(), options.signal);
      for (const change of changes) {
        at = change.version;
        if (!isOf(change, type.plural, options)) continue;
        if (random.chance(faults.broken)) throw new ApiError(0, 'Unreachable', 'the watch broke');
        await this.#travel();
        if (options.signal.aborted) return;
        yield eventOf(change);
        if (random.chance(faults.doubled)) yield eventOf(change);
      }
    }
  }

  request(_method: string, path: string): Promise<unknown> {
    return Promise.reject(new ApiError(404, 'NotFound', `${path} is not in the model`));
  }

  stream(path: string): Promise<never> {
    return Promise.reject(new ApiError(404, 'NotFound', `${path} is not in the model`));
  }

  /** The edge of the model: what is stored under a kind's name has that kind's shape. */
  async #send(effect: (store: ModelStore) => unknown): Promise<never> {
    const { store, random, faults } = this.#options;
    await this.#travel();
    if (random.chance(faults.lost)) throw new ApiError(0, 'Unreachable', 'the request was lost');
    const answer = effect(store);
    await this.#travel();
    if (random.chance(faults.unanswered)) throw new ApiError(0, 'Unreachable', 'the answer was lost');
    return answer as never;
  }

  async #travel(): Promise<void> {
    const { clock, random, faults } = this.#options;
    await pause(clock, random.next() * faults.latencyMs);
  }

  #change(limitMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#watching.delete(done);
        cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.#options.clock.after(limitMs, done);
      signal.addEventListener('abort', done);
      this.#watching.add(done);
    });
  }
}

function eventOf<T extends KubeObject>(change: Change): WatchEvent<T> {
  return { type: change.type, object: change.object as never };
}

function isOf(change: Change, plural: string, options: ListOptions): boolean {
  return change.plural === plural && isWanted(change.object, options);
}

function isWanted(object: KubeObject, { namespace, labelSelector }: ListOptions): boolean {
  if (namespace !== undefined && object.metadata.namespace !== namespace) return false;
  const [label, value] = labelSelector?.split('=') ?? [];
  return label === undefined || object.metadata.labels?.[label] === value;
}
