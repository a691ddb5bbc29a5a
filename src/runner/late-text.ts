/** Templates and conditions of a running stage. CEL is loaded only for a stage that has an expression. */
import type { Json } from '../api/pipeline.ts';
import type * as Expression from '../plan/expression.ts';
import type { Values } from '../plan/expression.ts';
import { isTemplate, parseTemplate } from '../plan/template.ts';

let loading: Promise<typeof Expression> | undefined;

function expressions(): Promise<typeof Expression> {
  loading ??= import('../plan/expression.ts');
  return loading;
}

/** Begins to load CEL when these instructions will need it, while there is something to wait for. */
export function prepareExpressions(...parts: readonly unknown[]): void {
  if (/\$\{\{|"if":"/.test(JSON.stringify(parts))) void expressions();
}

/** @throws ExpressionError */
export async function renderText(text: string, values: Values): Promise<string> {
  if (!isTemplate(text)) return text;
  const plain = plainText(text);
  return plain ?? (await expressions()).renderTemplate(text, values);
}

/** Each string in it is a template. @throws ExpressionError */
export async function renderJson(value: Json, values: Values): Promise<Json> {
  if (typeof value === 'string') return renderText(value, values);
  if (Array.isArray(value)) {
    const items: Json[] = [];
    for (const item of value) items.push(await renderJson(item, values));
    return items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries: [string, Json][] = [];
  for (const [key, item] of Object.entries(value)) entries.push([key, await renderJson(item, values)]);
  return Object.fromEntries(entries);
}

/** @throws ExpressionError */
export async function holds(condition: string, values: Values): Promise<boolean> {
  if (condition === 'true' || condition === 'false') return condition === 'true';
  return (await expressions()).evaluateCondition(condition, values);
}

/** Text whose only special part is an escaped `${{`. */
function plainText(text: string): string | undefined {
  const parsed = parseTemplate(text);
  if ('error' in parsed) return undefined;
  let plain = '';
  for (const part of parsed.parts) {
    if (!('text' in part)) return undefined;
    plain += part.text;
  }
  return plain;
}
