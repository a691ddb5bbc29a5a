/** CEL as Otto uses it: how a text is parsed once, and how values go in and come out. */
import { type ASTNode, type Context, Environment, type EnvironmentOptions } from '@marcbachmann/cel-js';
import type { Json } from '../api/pipeline.ts';
import { BoundedMap } from './bounded-map.ts';
import { MAX_EXPRESSION_CHARACTERS } from './bounds.ts';
import { pay, priced, registerBudget, withBudget } from './cel-budget.ts';
import { LINEAR_MATCHES, prepare } from './cel-scan.ts';
import { matchesPattern, patternWeight } from './pattern.ts';
import { type References, referencesOf } from './references.ts';

/** What expressions may speak of. */
export const ROOTS = ['params', 'source', 'run', 'pipeline', 'stages', 'steps', 'env'] as const;
export type Root = (typeof ROOTS)[number];

/** Known only within a running stage. */
const LATE_ROOTS: readonly Root[] = ['steps', 'env'];

export interface Compiled extends References {
  /** As written. */
  text: string;
  /** As given to the parser. */
  prepared: string;
  /** Refers to `steps` or `env`: only the runner can evaluate it. */
  late: boolean;
  evaluate(context: Context): unknown;
}

const LIMITS = {
  maxAstNodes: 2000,
  maxDepth: 60,
  maxListElements: 500,
  maxMapEntries: 200,
  maxCallArguments: 16,
};
/** Steps of a pattern's states for which one unit of the budget is paid. */
const STEPS_A_UNIT = 4;
const MAX_LOOP_DEPTH = 2;
const MAX_LOOPS = 8;
/** Each may put many of what it goes over into each item, and comparing two such lists goes through all of it. */
const MAX_MAPS = 2;

/** Adds what every environment has: a `matches` in linear time, and sums of whole and broken numbers. */
export function withFunctions(environment: Environment): Environment {
  environment.registerFunction(`string.${LINEAR_MATCHES}(string): bool`, matches);
  const sums: { [operator: string]: (a: number, b: number) => number | boolean } = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
    '==': (a, b) => a === b,
  };
  for (const [operator, apply] of Object.entries(sums)) {
    const type = operator === '==' ? 'bool' : 'double';
    const mixed = (a: number | bigint, b: number | bigint): number | boolean => apply(Number(a), Number(b));
    environment.registerOperator(`int ${operator} double: ${type}`, mixed);
    // The reverse of == is registered with it.
    if (operator !== '==') environment.registerOperator(`double ${operator} int: ${type}`, mixed);
  }
  return environment;
}

export const CEL_OPTIONS: EnvironmentOptions = { limits: LIMITS, homogeneousAggregateLiterals: false };

/** Linear in the text, but by how much is the pattern's. */
function matches(text: string, pattern: string): boolean {
  pay((text.length * patternWeight(pattern)) / STEPS_A_UNIT);
  return matchesPattern(text, pattern);
}

/** For evaluation all names are dynamic: types were checked when the pipeline was compiled. */
const dynamic = withRoots(CEL_OPTIONS);
/** What charges is written into an expression, which it makes longer and deeper. */
const charging = withRoots({
  ...CEL_OPTIONS,
  limits: { ...LIMITS, maxAstNodes: 4 * LIMITS.maxAstNodes, maxDepth: 4 * LIMITS.maxDepth },
});
registerBudget(charging);

function withRoots(options: EnvironmentOptions): Environment {
  const environment = withFunctions(new Environment(options));
  for (const root of ROOTS) environment.registerVariable(root, 'dyn');
  return environment;
}

const cache = new BoundedMap<string, Compiled | Error>(4096);

/** Parses; throws an Error with a message for the author. Types are not checked. */
export function compileExpression(text: string): Compiled {
  const result = cache.get(text, () => {
    try {
      return parseExpression(text);
    } catch (error) {
      return new Error(celMessage(error));
    }
  });
  if (result instanceof Error) throw result;
  return result;
}

function parseExpression(text: string): Compiled {
  if (text.length > MAX_EXPRESSION_CHARACTERS) {
    throw new Error(`The expression is longer than ${MAX_EXPRESSION_CHARACTERS} characters.`);
  }
  const prepared = prepare(text);
  const parsed = dynamic.parse(prepared);
  const ast: ASTNode = parsed.ast;
  const found = referencesOf(ast);
  if (found.methods.has('matches')) throw new Error("Write matches('…') directly after the dot.");
  if (found.methods.has('bind'))
    throw new Error('cel.bind is not available: write the value where it is used.');
  if (found.loopDepth > MAX_LOOP_DEPTH || found.loops > MAX_LOOPS) {
    throw new Error(`Too many loops: at most ${MAX_LOOPS}, at most ${MAX_LOOP_DEPTH} within each other.`);
  }
  if (found.maps > MAX_MAPS) throw new Error(`map is used too often: at most ${MAX_MAPS} times.`);
  const late = found.references.some(({ root }) => LATE_ROOTS.some((known) => known === root));
  const withPrices = priced(prepared, ast);
  const evaluate = withPrices === prepared ? parsed : charging.parse(withPrices);
  return { ...found, text, prepared, late, evaluate: (context) => withBudget(() => evaluate(context)) };
}

/** JSON as CEL sees it: whole numbers are ints (a JS number would be a double, which is no list index, no int). */
export function toCel(value: Json): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(toCel);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toCel(item)]));
  }
  return value;
}

/** Items of an answer, lists within it counted through: they may be one list many times. */
const MAX_ITEMS = 20_000;

/** CEL's answer as JSON; undefined for what JSON has no form for (bytes, types, times), and for what has no end. */
export function fromCel(value: unknown): Json | undefined {
  return toJson(value, { left: MAX_ITEMS });
}

function toJson(value: unknown, room: { left: number }): Json | undefined {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (!Array.isArray(value)) return undefined;
  const items: Json[] = [];
  for (const item of value) {
    if (--room.left < 0) return undefined;
    const json = toJson(item, room);
    if (json === undefined) return undefined;
    items.push(json);
  }
  return items;
}

/** The library's message in one line, without the picture of the expression. */
export function celMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const summary = 'summary' in error && typeof error.summary === 'string' ? error.summary : error.message;
  return (summary.split('\n')[0] ?? summary).replaceAll(LINEAR_MATCHES, 'matches').slice(0, 500);
}
