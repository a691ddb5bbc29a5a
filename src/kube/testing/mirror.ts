/** What a handler knows that hears nothing but changes. Refuses those that do not follow from the ones before. */
import assert from 'node:assert/strict';
import type { KubeObject } from '../../api/kubernetes.ts';
import type { Cache } from '../cache.ts';
import { keyOf } from '../resource.ts';

export class Mirror {
  readonly #objects = new Map<string, KubeObject>();
  readonly #wrong: string[] = [];

  constructor(cache: Cache<KubeObject>) {
    cache.onChange(({ before, after }) => {
      const { namespace = '', name } = keyOf(after ?? before ?? { metadata: {} });
      const key = `${namespace}/${name}`;
      if (this.#objects.get(key) !== before) this.#wrong.push(key);
      if (after === undefined) this.#objects.delete(key);
      else this.#objects.set(key, after);
    });
  }

  objects(): Iterable<KubeObject> {
    assert.deepEqual(this.#wrong, [], 'a change began at another state than the last one ended with');
    return this.#objects.values();
  }
}
