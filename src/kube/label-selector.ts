/** Equality selectors, as far as a program of ours asks for them; sets are the server's to judge. */
export function selectorMatches(
  selector: string | undefined,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  if (selector === undefined || selector === '') return true;
  return selector.split(',').every((part) => {
    const match = /^\s*([^\s!=()]+)\s*==?\s*([^\s!=()]*)\s*$/.exec(part);
    const name = match?.[1];
    return name === undefined || labels?.[name] === match?.[2];
  });
}
