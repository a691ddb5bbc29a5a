/** Order of resourceVersions: decimal numbers that only grow (KEP-5504); anything else is opaque. */
const NUMBER = /^[1-9]\d*$/;

/** Below 0: `a` is older; 0: the same; undefined: one of them is absent or opaque. */
export function compareVersions(a: string | undefined, b: string | undefined): number | undefined {
  if (a === undefined || b === undefined) return undefined;
  if (a === b) return 0;
  if (!NUMBER.test(a) || !NUMBER.test(b)) return undefined;
  // Text of equal length orders as numbers do, beyond 2^53 too.
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}

export function isNewer(a: string | undefined, b: string | undefined): boolean {
  return (compareVersions(a, b) ?? 0) > 0;
}

export function isOlder(a: string | undefined, b: string | undefined): boolean {
  return (compareVersions(a, b) ?? 0) < 0;
}
