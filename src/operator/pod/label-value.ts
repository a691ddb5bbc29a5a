import { createHash } from 'node:crypto';

/** A name as a label's value: at most 63 characters; a longer name keeps its start and gets a hash. */
export function labelValue(name: string): string {
  if (name.length <= 63) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 10);
  return `${name.slice(0, 52).replace(/[^A-Za-z0-9]+$/, '')}-${hash}`;
}
