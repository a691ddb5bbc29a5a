/** Text with `${{ CEL }}` in it. `$${{` stands for a literal `${{`. */
import { skipLiteral } from './cel-scan.ts';

export type TemplatePart = { text: string } | { expression: string };

const OPEN = '${{';
const ESCAPED = '$${{';
const MAX_PARTS = 400;

/** Cheap: true also for text that only holds an escape. */
export function isTemplate(text: string): boolean {
  return text.includes(OPEN);
}

/** Makes any text a template that renders to exactly that text. */
export function escapeTemplate(text: string): string {
  return text.replaceAll(OPEN, () => ESCAPED);
}

export function parseTemplate(text: string): { parts: TemplatePart[] } | { error: string } {
  const parts: TemplatePart[] = [];
  let literal = '';
  let at = 0;
  for (;;) {
    const open = text.indexOf(OPEN, at);
    if (open < 0) break;
    if (text[open - 1] === '$' && open > at) {
      literal += text.slice(at, open - 1) + OPEN;
      at = open + OPEN.length;
      continue;
    }
    literal += text.slice(at, open);
    const close = closingBraces(text, open + OPEN.length);
    if (close < 0) {
      const shown = text.slice(open, open + 40);
      return { error: `'${shown}' is not closed: write \${{ … }}, or $\${{ for a literal \${{.` };
    }
    const expression = text.slice(open + OPEN.length, close).trim();
    if (expression === '') return { error: '${{ }} is empty: put an expression in it, such as params.NAME.' };
    if (literal !== '') parts.push({ text: literal });
    parts.push({ expression });
    literal = '';
    at = close + 2;
    if (parts.length > MAX_PARTS)
      return { error: `There are more than ${MAX_PARTS / 2} expressions in one text.` };
  }
  literal += text.slice(at);
  if (literal !== '') parts.push({ text: literal });
  return { parts };
}

/** Where the `}}` stands that ends the expression: not one in a string or of a map within it. */
function closingBraces(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; ) {
    const after = skipLiteral(text, at);
    if (after > at) {
      at = after;
      continue;
    }
    if (text[at] === '{') depth += 1;
    else if (text[at] === '}') {
      if (depth === 0) return text[at + 1] === '}' ? at : -1;
      depth -= 1;
    }
    at += 1;
  }
  return -1;
}
