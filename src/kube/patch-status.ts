/** Writes a status as the difference to the one that was read, and only if nobody wrote in between. */
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../api/kubernetes.ts';
import type { ApiClient } from './client.ts';
import { ApiError } from './errors.ts';
import { keyOf, type ResourceType } from './resource.ts';

export type JsonPatch = { op: 'test' | 'add' | 'replace' | 'remove'; path: string; value?: unknown }[];

type WithStatus = KubeObject & { status?: object };

/**
 * @returns the object as it is now.
 * @throws ApiError Conflict when the object changed since `before` was read.
 */
export async function patchStatus<T extends WithStatus>(
  client: ApiClient,
  type: ResourceType<T>,
  before: T,
  after: T,
): Promise<T> {
  const { resourceVersion } = before.metadata;
  const body: JsonPatch = [
    { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
    ...statusDifference(before.status, after.status),
  ];
  try {
    return await client.patch(type, keyOf(before), { kind: 'json', body, subresource: 'status' });
  } catch (error) {
    // A patch whose `test` does not hold is answered as 422 with reason Invalid; a status that the schema refuses is
    // too, but says which field by its causes.
    if (error instanceof ApiError && error.code === 422 && !error.hasCauses) {
      throw new ApiError(409, 'Conflict', error.message, undefined, error);
    }
    throw error;
  }
}

/** Field by field, and within lists of objects entry by entry, so that one stage of 2,000 is a small patch. */
export function statusDifference(before: object | undefined, after: object | undefined): JsonPatch {
  if (after === undefined) return before === undefined ? [] : [{ op: 'remove', path: '/status' }];
  if (before === undefined) return [{ op: 'add', path: '/status', value: after }];
  return fields(before, after, '/status');
}

function fields(before: object, after: object, path: string): JsonPatch {
  const old = new Map<string, unknown>(Object.entries(before));
  const patch: JsonPatch = [];
  for (const [name, value] of Object.entries(after)) {
    if (value === undefined) continue;
    const at = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (!old.has(name)) patch.push({ op: 'add', path: at, value });
    else patch.push(...change(old.get(name), value, at));
  }
  for (const [name] of old) {
    if (!Object.entries(after).some(([key, value]) => key === name && value !== undefined)) {
      patch.push({ op: 'remove', path: `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}` });
    }
  }
  return patch;
}

function change(old: unknown, value: unknown, path: string): JsonPatch {
  if (isDeepStrictEqual(old, value)) return [];
  if (!Array.isArray(old) || !Array.isArray(value) || value.length < old.length) {
    return [{ op: 'replace', path, value }];
  }
  return value.flatMap((entry: unknown, i): JsonPatch => {
    if (i >= old.length) return [{ op: 'add', path: `${path}/-`, value: entry }];
    return isDeepStrictEqual(old[i], entry) ? [] : [{ op: 'replace', path: `${path}/${i}`, value: entry }];
  });
}
