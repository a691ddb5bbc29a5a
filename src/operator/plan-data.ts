/**
 * A plan as a ControllerRevision's data: compressed, so that a large one fits etcd, and so that its bytes stay as they are
 * whoever writes the object: the garbage collector's patch orders fields anew, and is then refused, since data may not
 * change (`--cascade=orphan` never ended).
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { MAX_PLAN_BYTES } from '../plan/bounds.ts';
import type { Plan } from '../plan/plan.ts';

/** Of a plan unpacked: what the compiler's own bound allows, with room. */
const MOST_BYTES = 2 * MAX_PLAN_BYTES;

export function packPlan(plan: Plan): object {
  return { gzip: gzipSync(JSON.stringify(plan)).toString('base64') };
}

/** Undefined: not a plan that this version can read. */
export function unpackPlan(data: unknown): Plan | undefined {
  if (!isObject(data)) return undefined;
  const packed = data['gzip'];
  if (typeof packed !== 'string') return undefined;
  const inner = unzip(packed);
  return isObject(inner) && isPlan(inner) ? inner : undefined;
}

/** Undefined: damaged, or grows beyond any plan. */
function unzip(packed: string): unknown {
  try {
    const bytes = gunzipSync(Buffer.from(packed, 'base64'), { maxOutputLength: MOST_BYTES });
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** We wrote it and its name is its hash, so the version is all there is to check. */
function isPlan(data: object): data is Plan {
  return 'version' in data && data.version === 1 && 'stages' in data && Array.isArray(data.stages);
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
