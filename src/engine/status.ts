/** Building statuses so that what did not change stays the same object, which makes differences cheap. */
import type { StageStatus } from '../api/run.ts';

type Loose = { [K in keyof StageStatus]?: StageStatus[K] | undefined } & Pick<StageStatus, 'name' | 'state'>;

/** Drops what is undefined; gives `before` back when nothing differs. */
export function settle(before: StageStatus | undefined, next: Loose): StageStatus {
  const kept: StageStatus = { name: next.name, state: next.state };
  Object.assign(kept, Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined)));
  return before !== undefined && isEqual(before, kept) ? before : kept;
}

/** Of plain JSON values; the order of keys does not matter. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => isEqual(item, b[index]));
  }
  const left = Object.entries(a);
  const right = new Map<string, unknown>(Object.entries(b));
  return (
    left.length === right.size &&
    left.every(([key, value]) => right.has(key) && isEqual(value, right.get(key)))
  );
}
