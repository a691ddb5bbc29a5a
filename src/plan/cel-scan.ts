/** What must be known of CEL's text before it is parsed: where strings and comments are, and names with dashes. */
const PREFIX = /[rRbB]{0,2}("""|'''|"|')/y;
const MEMBER = /(stages|steps)(\s*)\.(\s*)([A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)+)/y;
const MATCHES = /\.(\s*)matches(\s*)\(/y;
const WORD = /[A-Za-z0-9_]/;

/** The name under which the linear-time `matches` is registered; CEL's own can be made to hang. */
export const LINEAR_MATCHES = 'matchesLinear';

/** Index after the string literal or comment that starts at `at`; `at` itself when none does. */
export function skipLiteral(text: string, at: number): number {
  const char = text[at];
  if (char === '/' && text[at + 1] === '/') {
    const end = text.indexOf('\n', at);
    return end < 0 ? text.length : end;
  }
  if (char === undefined || !/["'rRbB]/.test(char)) return at;
  if (char !== '"' && char !== "'" && WORD.test(text[at - 1] ?? ' ')) return at;
  PREFIX.lastIndex = at;
  const match = PREFIX.exec(text);
  const quote = match?.[1];
  if (match === null || quote === undefined) return at;
  const raw = /[rR]/.test(match[0]);
  for (let index = at + match[0].length; index < text.length; index++) {
    if (text[index] === '\\' && !raw) index += 1;
    else if (text.startsWith(quote, index)) return index + quote.length;
  }
  return text.length;
}

/**
 * `stages.unit-test.outputs.x` → `stages["unit-test"].outputs.x`: stages and step ids may have dashes, CEL's names may
 * not. A minus between them would mean nothing, so nothing is lost.
 */
export function prepare(expression: string): string {
  let out = '';
  for (let at = 0; at < expression.length; ) {
    const after = skipLiteral(expression, at);
    if (after > at) {
      out += expression.slice(at, after);
      at = after;
      continue;
    }
    const before = expression[at - 1] ?? ' ';
    MEMBER.lastIndex = at;
    const member = WORD.test(before) || before === '.' ? null : MEMBER.exec(expression);
    MATCHES.lastIndex = at;
    const matches = member === null ? MATCHES.exec(expression) : null;
    if (member !== null) out += `${member[1]}["${member[4]}"]`;
    else if (matches !== null) out += `.${LINEAR_MATCHES}(`;
    else out += expression[at];
    at += (member ?? matches)?.[0].length ?? 1;
  }
  return out;
}
