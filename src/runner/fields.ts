/** Reads fields of JSON that somebody else wrote: each has a type and a bound, and a wrong one is named. */
export type Fields = { readonly [name: string]: unknown };

/** What is wrong, by field. */
export class FieldError extends Error {
  override readonly name = 'FieldError';
}

export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new FieldError('the body is not JSON');
  }
}

export function fields(value: unknown, where: string): Fields {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new FieldError(`${where} is not an object`);
  }
  return { ...value };
}

export function list(from: Fields, name: string, most: number): readonly unknown[] {
  const value = from[name];
  if (!Array.isArray(value)) throw new FieldError(`${name} is not a list`);
  if (value.length > most) throw new FieldError(`${name} has more than ${most} entries`);
  return value;
}

export function text(from: Fields, name: string, most: number): string | undefined {
  const value = from[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value.length > most) {
    throw new FieldError(`${name} is not a string of at most ${most} characters`);
  }
  return value;
}

export function texts(from: Fields, name: string, mostEntries: number, most: number): Record<string, string> {
  const given = fields(from[name], name);
  const names = Object.keys(given);
  if (names.length > mostEntries) throw new FieldError(`${name} has more than ${mostEntries} entries`);
  return Object.fromEntries(names.map((key) => [key, required(text(given, key, most), `${name}.${key}`)]));
}

export function whole(from: Fields, name: string, least: number): number | undefined {
  const value = from[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least) {
    throw new FieldError(`${name} is not a whole number of at least ${least}`);
  }
  return value;
}

/** Seconds and factors may be broken. */
export function amount(from: Fields, name: string): number | undefined {
  const value = from[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new FieldError(`${name} is not a number of at least 0`);
  }
  return value;
}

export function flag(from: Fields, name: string): boolean | undefined {
  const value = from[name];
  if (value === undefined || typeof value === 'boolean') return value;
  throw new FieldError(`${name} is neither true nor false`);
}

export function choice<T extends string>(from: Fields, name: string, choices: readonly T[]): T | undefined {
  const value = text(from, name, 40);
  if (value === undefined) return undefined;
  const found = choices.find((known) => known === value);
  if (found === undefined) throw new FieldError(`${name} is none of ${choices.join(', ')}`);
  return found;
}

export function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new FieldError(`${name} is missing`);
  return value;
}

/** `{}` where there is no value, so that an optional field stays absent. */
export function present<K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } {
  const given: { [P in K]?: V } = {};
  if (value !== undefined) given[name] = value;
  return given;
}
