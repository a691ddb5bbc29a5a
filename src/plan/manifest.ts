/** The manifest of a library step: what it is called, where it runs, which parameters it takes. */
import { type Json, STEP_MODIFIERS } from '../api/pipeline.ts';

export type ParameterType =
  | 'string'
  | 'number'
  | 'boolean'
  | 'array'
  /** A script body: never holds `${{ … }}`. */
  | 'script'
  /** The name of a Secret, which only the runner's container gets. */
  | 'credentials'
  /** Relative to the workspace and inside it. */
  | 'path'
  /** Steps. */
  | 'block';

const PARAMETER_TYPES: readonly ParameterType[] = [
  'string',
  'number',
  'boolean',
  'array',
  'script',
  'credentials',
  'path',
  'block',
];

export interface StepParameter {
  name: string;
  type: ParameterType;
  required: boolean;
  description?: string;
  /** Shown by documentation; the step itself applies it. */
  default?: Json;
}

export interface StepManifest {
  symbol: string;
  description: string;
  /** runner: beside the workspace, with the credentials it names. container: in the user's container, without any. */
  runsIn: 'runner' | 'container';
  /** Relative to the manifest's folder. Absent: the runner knows the step itself. */
  entrypoint?: { path: string; multiarch?: boolean };
  parameters: StepParameter[];
}

export interface StepLibrary {
  get(symbol: string): StepManifest | undefined;
  symbols(): string[];
}

/** A library of these; the last of one symbol wins. */
export function libraryOf(manifests: readonly StepManifest[]): StepLibrary {
  const bySymbol = new Map(manifests.map((manifest) => [manifest.symbol, manifest]));
  const symbols = [...bySymbol.keys()].sort();
  return { get: (symbol) => bySymbol.get(symbol), symbols: () => symbols };
}

const SYMBOL = /^[a-zA-Z][a-zA-Z0-9]{0,62}$/;
const PARAMETER = /^[a-zA-Z][a-zA-Z0-9]{0,62}$/;

/** Checks what a manifest.yml holds; all errors, each a sentence. */
export function parseManifest(value: unknown): { manifest: StepManifest } | { errors: string[] } {
  const errors: string[] = [];
  if (!isObject(value))
    return { errors: ['A manifest is a map with symbol, description, runsIn and parameters.'] };
  const { symbol, description, runsIn, entrypoint, parameters } = value;
  if (typeof symbol !== 'string' || !SYMBOL.test(symbol)) {
    errors.push('symbol: must be a word of letters and digits, such as sh.');
  } else if (STEP_MODIFIERS.some((modifier) => modifier === symbol)) {
    errors.push(`symbol: '${symbol}' is a modifier that every step may have, so no step can be called so.`);
  }
  if (typeof description !== 'string') errors.push('description: say in a sentence what the step does.');
  if (runsIn !== 'runner' && runsIn !== 'container') errors.push('runsIn: must be runner or container.');
  const path = isObject(entrypoint) ? entrypoint['path'] : undefined;
  if (
    entrypoint !== undefined &&
    (typeof path !== 'string' || path.startsWith('/') || path.split('/').includes('..'))
  ) {
    errors.push('entrypoint.path: must be a path inside the folder of the step.');
  }
  if (parameters !== undefined && !Array.isArray(parameters)) errors.push('parameters: must be a list.');
  const parsed: StepParameter[] = [];
  const list: unknown[] = Array.isArray(parameters) ? parameters : [];
  for (const [index, item] of list.entries()) {
    const parameter = parseParameter(item, (message) => errors.push(`parameters[${index}]: ${message}`));
    if (parameter === undefined) continue;
    if (parsed.some((other) => other.name === parameter.name)) {
      errors.push(`parameters[${index}]: there are two parameters named '${parameter.name}'.`);
    }
    parsed.push(parameter);
  }
  if (parsed.filter((parameter) => parameter.type === 'block').length > 1) {
    errors.push('parameters: only one can be of type block.');
  }
  if (errors.length > 0 || typeof symbol !== 'string' || typeof description !== 'string') return { errors };
  if (runsIn !== 'runner' && runsIn !== 'container') return { errors };
  const manifest: StepManifest = { symbol, description, runsIn, parameters: parsed };
  if (typeof path === 'string') {
    manifest.entrypoint = { path };
    if (isObject(entrypoint) && entrypoint['multiarch'] === true) manifest.entrypoint.multiarch = true;
  }
  return { manifest };
}

function parseParameter(item: unknown, fail: (message: string) => void): StepParameter | undefined {
  if (!isObject(item)) {
    fail('must be a map with name, type and description.');
    return undefined;
  }
  const { name, description, required } = item;
  const type = PARAMETER_TYPES.find((known) => known === (item['type'] ?? 'string'));
  if (typeof name !== 'string' || !PARAMETER.test(name)) fail('name: must be a word of letters and digits.');
  if (type === undefined) fail(`type: must be one of ${PARAMETER_TYPES.join(', ')}.`);
  if (required !== undefined && typeof required !== 'boolean') fail('required: must be true or false.');
  if (description !== undefined && typeof description !== 'string') fail('description: must be text.');
  if (typeof name !== 'string' || type === undefined) return undefined;
  const parameter: StepParameter = { name, type, required: required === true };
  if (typeof description === 'string') parameter.description = description;
  const fallback = item['default'];
  if (isJson(fallback)) parameter.default = fallback;
  return parameter;
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isJson(value: unknown): value is Json {
  if (value === null) return true;
  if (Array.isArray(value)) return value.every(isJson);
  if (typeof value === 'object') return Object.values(value).every(isJson);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
