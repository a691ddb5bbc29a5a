/** Texts for people: bounded, one sentence. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  // Not between the halves of a character.
  const end = text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '');
  return `${end}…`;
}

/** The first line of what other programs say, without the dot or spaces at its end. */
export function firstLine(text: string | undefined): string {
  const line = (text ?? '').trim().split('\n', 1)[0] ?? '';
  return line.trim().replace(/\.$/, '');
}

/** `: why`, or nothing. */
export function because(text: string | undefined): string {
  const line = firstLine(text);
  return line === '' ? '' : `: ${cut(line, 400)}`;
}
