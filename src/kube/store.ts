/** Objects by key, and by the values that index functions give them. */
import type { KubeObject } from '../api/kubernetes.ts';
import type { ObjectKey } from './resource.ts';

/** Pure: the same object always has the same values. */
export type Indexer<T> = (object: T) => readonly string[];

const NONE: readonly never[] = Object.freeze([]);

export class Store<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  /** A value's objects are replaced and never changed in place, so a reader may keep the array. */
  readonly #indexes = new Map<string, { of: Indexer<T>; values: Map<string, readonly T[]> }>();

  constructor(indexers: Readonly<Record<string, Indexer<T>>>) {
    for (const [name, of] of Object.entries(indexers)) this.#indexes.set(name, { of, values: new Map() });
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  /** @throws RangeError where there is no such index: a mistake of the program. */
  byIndex(name: string, value: string): readonly T[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new RangeError(`the cache has no index "${name}"`);
    return index.values.get(value) ?? NONE;
  }

  entries(): IterableIterator<[string, T]> {
    return this.#objects.entries();
  }

  values(): IterableIterator<T> {
    return this.#objects.values();
  }

  /** Takes all or nothing: an index function that throws leaves the store as it was. */
  set(key: string, object: T): void {
    const before = this.#objects.get(key);
    const changes = Array.from(this.#indexes.values(), ({ of, values }) => ({
      values,
      old: before === undefined ? NONE : of(before),
      now: new Set(of(object)),
    }));
    this.#objects.set(key, object);
    for (const { values, old, now } of changes) {
      for (const value of old) {
        if (before !== undefined && !now.has(value)) without(values, value, before);
      }
      for (const value of now) {
        const bucket = values.get(value) ?? NONE;
        const at = before === undefined ? -1 : bucket.indexOf(before);
        values.set(value, at === -1 ? [...bucket, object] : bucket.with(at, object));
      }
    }
  }

  delete(key: string): void {
    const before = this.#objects.get(key);
    if (before === undefined) return;
    this.#objects.delete(key);
    for (const { of, values } of this.#indexes.values()) {
      for (const value of of(before)) without(values, value, before);
    }
  }
}

function without<T>(values: Map<string, readonly T[]>, value: string, object: T): void {
  const left = values.get(value)?.filter((other) => other !== object) ?? NONE;
  if (left.length === 0) values.delete(value);
  else values.set(value, left);
}

export function storeKey({ namespace, name }: ObjectKey): string {
  return `${namespace ?? ''}/${name}`;
}
