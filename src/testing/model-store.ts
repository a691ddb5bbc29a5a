/** What an API server stores: objects with versions, and the history that watches are served from. */
import type { KubeObject } from '../api/kubernetes.ts';
import { ApiError } from '../kube/errors.ts';

export interface Change {
  version: number;
  plural: string;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: KubeObject;
}

const OWNED_BY_STATUS = new Set(['runs', 'pipelines', 'pods']);

export class ModelStore {
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly history: Change[] = [];
  /** Called after each change; watches wait for it. */
  onChange: (change: Change) => void = () => {};
  readonly #now: () => number;
  #version = 1;
  #uids = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get version(): number {
    return this.#version;
  }

  all(plural: string): KubeObject[] {
    return [...this.#of(plural).values()];
  }

  find(plural: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#of(plural).get(`${namespace ?? ''}/${name}`);
  }

  get(plural: string, namespace: string | undefined, name: string): KubeObject {
    const object = this.find(plural, namespace, name);
    if (object === undefined) throw new ApiError(404, 'NotFound', `${plural} "${name}" not found`);
    return object;
  }

  create(plural: string, namespace: string, given: KubeObject): KubeObject {
    const name = given.metadata.name ?? `${given.metadata.generateName ?? ''}${this.#uids}`;
    if (this.find(plural, namespace, name) !== undefined) {
      throw new ApiError(409, 'AlreadyExists', `${plural} "${name}" already exists`);
    }
    const object = structuredClone(given);
    if (OWNED_BY_STATUS.has(plural)) Reflect.deleteProperty(object, 'status');
    object.metadata = {
      ...object.metadata,
      name,
      namespace,
      uid: `uid-${++this.#uids}`,
      generation: 1,
      creationTimestamp: this.#time(),
    };
    return this.#put(plural, 'ADDED', object);
  }

  /** @param change gets a copy and changes it in place. */
  update(
    plural: string,
    namespace: string | undefined,
    name: string,
    change: (object: KubeObject) => void,
  ): KubeObject {
    const before = this.get(plural, namespace, name);
    const after = structuredClone(before);
    change(after);
    const { uid, creationTimestamp, resourceVersion, generation = 1 } = before.metadata;
    if (after.metadata.uid !== uid) throw new ApiError(409, 'Conflict', `${name} has another uid`);
    const sameSpec = JSON.stringify(specOf(before)) === JSON.stringify(specOf(after));
    if (sameSpec && JSON.stringify(before) === JSON.stringify(after)) return before;
    Object.assign(after.metadata, {
      creationTimestamp,
      resourceVersion,
      generation: sameSpec ? generation : generation + 1,
    });
    return this.#put(plural, 'MODIFIED', after);
  }

  /** Removes it now; what it owned goes with it. */
  remove(plural: string, namespace: string | undefined, name: string): void {
    const object = this.get(plural, namespace, name);
    this.#of(plural).delete(keyOf(object));
    const last = structuredClone(object);
    last.metadata.resourceVersion = String(++this.#version);
    this.#tell({ version: this.#version, plural, type: 'DELETED', object: last });
    for (const [kind, objects] of this.#objects) {
      for (const owned of objects.values()) {
        const owners = owned.metadata.ownerReferences ?? [];
        if (owners.some((owner) => owner.uid === object.metadata.uid)) {
          this.remove(kind, owned.metadata.namespace, owned.metadata.name ?? '');
        }
      }
    }
  }

  /** Forgets what happened up to now: watches from an older version are answered 410. */
  compact(): void {
    this.history.length = 0;
  }

  /** Undefined: that version is not remembered any more. */
  since(version: number): Change[] | undefined {
    const first = this.history[0];
    if (version < this.#version && (first === undefined || first.version > version + 1)) return undefined;
    return this.history.filter((change) => change.version > version);
  }

  #put(plural: string, type: 'ADDED' | 'MODIFIED', object: KubeObject): KubeObject {
    object.metadata.resourceVersion = String(++this.#version);
    const stored = deepFreeze(object);
    this.#of(plural).set(keyOf(stored), stored);
    this.#tell({ version: this.#version, plural, type, object: stored });
    return stored;
  }

  #tell(change: Change): void {
    this.history.push(change);
    this.onChange(change);
  }

  #of(plural: string): Map<string, KubeObject> {
    const known = this.#objects.get(plural);
    if (known !== undefined) return known;
    const made = new Map<string, KubeObject>();
    this.#objects.set(plural, made);
    return made;
  }

  #time(): string {
    return new Date(this.#now()).toISOString().replace(/\.\d+Z$/, 'Z');
  }
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`;
}

function specOf(object: KubeObject): unknown {
  return 'spec' in object ? object.spec : undefined;
}

/** Whoever changes what a cache or an answer holds is found at once. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
