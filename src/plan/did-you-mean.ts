/** The cure for a mistyped name: the nearest known one, or the list of what there is. */
const LISTED = 12;
/** Longer names are compared by nothing: a name has at most 63 characters, an output or parameter hardly more. */
const LONGEST = 80;

/** `Did you mean 'build'?`, or `Known: a, b, c.`, or nothing when nothing is known. Starts with a space. */
export function didYouMean(wrong: string, known: Iterable<string>): string {
  const names = [...known];
  const best = nearest(wrong, names);
  if (best !== undefined) return ` Did you mean '${best}'?`;
  if (names.length === 0) return '';
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  return ` Known: ${names.slice(0, LISTED).join(', ')}${more}.`;
}

export function nearest(wrong: string, known: readonly string[]): string | undefined {
  if (wrong.length > LONGEST) return undefined;
  const typed = wrong.toLowerCase();
  let best: string | undefined;
  let least = Math.max(1, Math.floor(typed.length / 3)) + 1;
  for (const name of known) {
    if (Math.abs(name.length - typed.length) >= least) continue;
    const distance = editDistance(typed, name.toLowerCase());
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

/** Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
