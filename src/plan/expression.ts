/**
 * Expressions at both ends: checked when a pipeline is compiled, evaluated before a pod starts and, for what speaks
 * of `steps` or `env`, by the runner.
 *
 * A template is text with `${{ CEL }}`; a condition (`when`, `if`) is CEL alone.
 */
import type { Context } from '@marcbachmann/cel-js';
import type { Json } from '../api/pipeline.ts';
import { BoundedMap } from './bounded-map.ts';
import { type Compiled, celMessage, compileExpression, fromCel, toCel } from './cel.ts';
import { payToKeep, withBudget } from './cel-budget.ts';
import { checkReferences, type ExpressionProblem } from './check-references.ts';
import type { Declared } from './declared.ts';
import type { Scope } from './plan.ts';
import { isTemplate, parseTemplate, type TemplatePart } from './template.ts';

export type { ExpressionProblem } from './check-references.ts';
export type { Declared, StageSight } from './declared.ts';
export { TypeChecker } from './declared.ts';
export { escapeTemplate, isTemplate } from './template.ts';

/** What the runner adds to a stage's scope. */
export interface LateScope {
  /** By step id; only steps that ended. */
  steps: { [id: string]: { result: string; outputs: { [name: string]: string } } };
  env: { [name: string]: string };
}

export type Values = Scope & Partial<LateScope>;

/** An expression could not be evaluated; the message names it. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

export interface Checked {
  problems: ExpressionProblem[];
  /** Speaks of `steps` or `env`. */
  late: boolean;
  /** CEL's type: of the only expression where the text is nothing else, else `string`. */
  type: string;
}

/** Types of which text can be made. */
const TEXT_TYPES = new Set(['string', 'int', 'uint', 'double', 'bool', 'dyn']);

export function checkTemplate(text: string, declared: Declared): Checked {
  const parsed = templates.get(text, () => parseTemplate(text));
  if ('error' in parsed)
    return { problems: [{ code: 'ExpressionSyntax', message: parsed.error }], late: false, type: 'string' };
  const whole = parsed.parts.length === 1;
  const result: Checked = { problems: [], late: false, type: 'string' };
  for (const part of parsed.parts) {
    if ('text' in part) continue;
    const checked = checkExpression(part.expression, declared);
    result.problems.push(...checked.problems);
    result.late ||= checked.late;
    if (whole) result.type = checked.type;
    else if (checked.problems.length === 0 && !TEXT_TYPES.has(checked.type)) {
      result.problems.push(notText(part.expression, checked.type));
    }
  }
  return result;
}

/** As `checkTemplate`, for a place that takes nothing but text. */
export function checkTextTemplate(text: string, declared: Declared): Checked {
  const checked = checkTemplate(text, declared);
  if (checked.problems.length === 0 && !TEXT_TYPES.has(checked.type))
    checked.problems.push(notText(text, checked.type));
  return checked;
}

export function checkCondition(text: string, declared: Declared): Checked {
  if (isTemplate(text)) {
    const message = `A condition is CEL without \${{ }}: write ${text.replaceAll(/\$?\$\{\{|\}\}/g, '').trim()}`;
    return { problems: [{ code: 'ExpressionSyntax', message }], late: false, type: 'bool' };
  }
  const checked = checkExpression(text, declared);
  if (checked.problems.length === 0 && checked.type !== 'bool' && checked.type !== 'dyn') {
    const message = `The condition '${shorten(text)}' is ${article(checked.type)}, and must be true or false: compare it with something.`;
    checked.problems.push({ code: 'ExpressionType', message });
  }
  return checked;
}

function checkExpression(text: string, declared: Declared): Checked {
  let compiled: Compiled;
  try {
    compiled = compileExpression(text);
  } catch (error) {
    const message = `In '${shorten(text)}': ${celMessage(error)}`;
    return { problems: [{ code: 'ExpressionSyntax', message }], late: false, type: 'dyn' };
  }
  const problems = checkReferences(compiled, declared);
  if (problems.length > 0) return { problems, late: compiled.late, type: 'dyn' };
  const checked = declared.types.check(compiled.prepared);
  if ('type' in checked) return { problems, late: compiled.late, type: checked.type };
  const message = `In '${shorten(text)}': ${checked.problem}.`;
  return { problems: [{ code: 'ExpressionType', message }], late: compiled.late, type: 'dyn' };
}

type ParsedTemplate = { parts: TemplatePart[] } | { error: string };
const templates = new BoundedMap<string, ParsedTemplate>(4096);

function partsOf(text: string): TemplatePart[] {
  const parsed = templates.get(text, () => parseTemplate(text));
  if ('error' in parsed) throw new ExpressionError(parsed.error);
  return parsed.parts;
}

/** Renders to text. Whole numbers print without `.0`. Throws ExpressionError. */
export function renderTemplate(text: string, values: Values): string {
  if (!isTemplate(text)) return text;
  return partsOf(text)
    .map((part) => ('text' in part ? part.text : asText(part.expression, evaluate(part.expression, values))))
    .join('');
}

/** As `renderTemplate`, but a text that is one expression and nothing else keeps its type: a list stays a list. */
export function renderValue(text: string, values: Values): Json {
  const [only, more] = isTemplate(text) ? partsOf(text) : [];
  if (only === undefined || more !== undefined || 'text' in only) return renderTemplate(text, values);
  const value = fromCel(evaluate(only.expression, values));
  if (value === undefined) throw new ExpressionError(`'${shorten(only.expression)}' has no form as a value.`);
  return value;
}

/** Throws ExpressionError. */
export function evaluateCondition(text: string, values: Values): boolean {
  const value = evaluate(text, values);
  if (typeof value === 'boolean') return value;
  throw new ExpressionError(`'${shorten(text)}' is neither true nor false.`);
}

/** Speaks of `steps` or `env`; false for what cannot be parsed. */
function isLateExpression(text: string): boolean {
  try {
    return compileExpression(text).late;
  } catch {
    return false;
  }
}

export function isLateTemplate(text: string): boolean {
  if (!isTemplate(text)) return false;
  const parsed = templates.get(text, () => parseTemplate(text));
  if ('error' in parsed) return false;
  return parsed.parts.some((part) => 'expression' in part && isLateExpression(part.expression));
}

/** The expressions within a template. */
export function expressionsOf(text: string): string[] {
  if (!isTemplate(text)) return [];
  const parsed = templates.get(text, () => parseTemplate(text));
  if ('error' in parsed) return [];
  return parsed.parts.flatMap((part) => ('expression' in part ? [part.expression] : []));
}

function evaluate(text: string, values: Values): unknown {
  try {
    return withBudget(() => {
      const value = compileExpression(text).evaluate(contextOf(values));
      payToKeep(value);
      return value;
    });
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'no_such_key';
    const hint = missing ? '. What may be missing can be tested with has(…)' : '';
    throw new ExpressionError(`In '${shorten(text)}': ${celMessage(error)}${hint}`);
  }
}

const convertedParams = new WeakMap<Scope['params'], unknown>();

/** Only parameters hold numbers, so only they are converted; once, since nobody changes them. */
function contextOf(values: Values): Context {
  let params = convertedParams.get(values.params);
  if (params === undefined) {
    params = toCel(values.params);
    convertedParams.set(values.params, params);
  }
  return { steps: {}, env: {}, ...values, params };
}

function asText(expression: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  const kind = value === null ? 'nothing (null)' : Array.isArray(value) ? 'a list' : 'no text';
  throw new ExpressionError(`'${shorten(expression)}' is ${kind}, of which no text can be made.`);
}

function notText(expression: string, type: string): ExpressionProblem {
  const cure = type.startsWith('list') ? ` Join it: .join(',').` : '';
  return {
    code: 'ExpressionType',
    message: `'${shorten(expression)}' is ${article(type)}, of which no text can be made.${cure}`,
  };
}

function article(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 120 ? `${line.slice(0, 117)}…` : line;
}
