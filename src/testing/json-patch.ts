/** Patches as an API server applies them: RFC 6902 as far as it is sent here, and RFC 7396. */
import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../kube/errors.ts';

interface Operation {
  op: string;
  path: string;
  value?: unknown;
}

/** Changes the document in place. @throws ApiError as the API server answers a `test` that does not hold. */
export function applyJsonPatch(document: object, patch: readonly object[]): void {
  for (const operation of patch) applyOperation(document, operation as Operation);
}

function applyOperation(document: object, { op, path, value }: Operation): void {
  const keys = path
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = keys.pop() ?? '';
  let at: unknown = document;
  for (const key of keys) at = Reflect.get(Object(at), key);
  if (typeof at !== 'object' || at === null) throw invalid(`${path} is not there`);
  switch (op) {
    case 'test':
      if (!isDeepStrictEqual(Reflect.get(at, last), value)) throw invalid(`test of ${path} does not hold`);
      return;
    case 'remove':
      Reflect.deleteProperty(at, last);
      return;
    case 'add':
    case 'replace':
      if (Array.isArray(at) && last === '-') at.push(structuredClone(value));
      else Reflect.set(at, last, structuredClone(value));
      return;
    default:
      throw invalid(`${op} is not in the model`);
  }
}

function invalid(message: string): ApiError {
  return new ApiError(422, 'Invalid', message);
}

/** Changes the target in place. */
export function mergePatch(target: object, patch: object): void {
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(target, key);
    else if (typeof value === 'object' && !Array.isArray(value)) {
      const inner: unknown = Reflect.get(target, key);
      const merged: object = typeof inner === 'object' && inner !== null ? inner : {};
      mergePatch(merged, value);
      Reflect.set(target, key, merged);
    } else Reflect.set(target, key, structuredClone(value));
  }
}
