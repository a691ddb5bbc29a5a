/** The name of a frozen plan: the same content has the same name, so Runs of one version share one. */
import { createHash } from 'node:crypto';
import type { Plan } from './plan.ts';

const HASH_LENGTH = 10;
const MAX_NAME = 63;

/** JSON with keys in order: equal values are equal texts. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
}

/**
 * `PIPELINE-<10 characters>`, a DNS-1123 label. The owner's UID is in the hash, so that a Pipeline that was deleted and
 * made again has plans of its own and does not lose them to the garbage collection of the old one's.
 */
export function planName(plan: Plan, ownerUID: string): string {
  const hash = createHash('sha256')
    .update(ownerUID)
    .update(canonicalJson(plan))
    .digest('hex')
    .slice(0, HASH_LENGTH);
  // Pipelines are named by DNS-1123 subdomains, which may have dots and be longer.
  const prefix = plan.pipeline
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')
    .slice(0, MAX_NAME - HASH_LENGTH - 1)
    .replace(/^-+|-+$/g, '');
  return prefix === '' ? `plan-${hash}` : `${prefix}-${hash}`;
}
