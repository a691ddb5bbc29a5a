/** What the generated validators call: the checks of a CRD that JSON Schema has no words for. */
import { Environment } from '@marcbachmann/cel-js';

/** One error as ajv reports it, with the value and the schema around the keyword that failed. */
export interface SchemaError {
  instancePath: string;
  keyword: string;
  params: { readonly [name: string]: unknown };
  parentSchema?: { readonly [keyword: string]: unknown };
  data?: unknown;
  propertyName?: string;
}

export interface Validator<T> {
  (value: unknown): value is T;
  errors?: SchemaError[] | null;
}

const environment = new Environment({ homogeneousAggregateLiterals: false }).registerVariable('self', 'dyn');
const parsed = new Map<string, ReturnType<typeof environment.parse>>();

/** A CEL rule of the schema. One that cannot be evaluated holds: the value's shape is wrong, which is said elsewhere. */
export function holds(rule: string, self: unknown): boolean {
  let evaluate = parsed.get(rule);
  if (evaluate === undefined) {
    evaluate = environment.parse(rule);
    parsed.set(rule, evaluate);
  }
  try {
    return evaluate({ self }) !== false;
  } catch {
    return true;
  }
}

/** Index of the first entry that was there before (by this field, if it is given), or -1. */
export function firstDouble(list: readonly unknown[], field: string): number {
  const seen = new Set<unknown>();
  for (const [index, entry] of list.entries()) {
    const key = field === '' ? entry : fieldOf(entry, field);
    if (typeof key !== 'string') continue;
    if (seen.has(key)) return index;
    seen.add(key);
  }
  return -1;
}

/** As the API server counts the length of a text. */
export function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
}
