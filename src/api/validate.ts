/**
 * A Pipeline or a Run as it comes from outside (a file, a request): every error with its place and its cure. The shape
 * is that of crds/; what the stages mean together is the compiler's to check (plan/compile.ts).
 */
import { type Diagnostic, type Path, Problems } from '../plan/diagnostics.ts';
import { didYouMean, nearest } from '../plan/did-you-mean.ts';
import { validatePipeline as checkPipeline, validateRun as checkRun } from './generated/validators.ts';
import type { Pipeline } from './pipeline.ts';
import type { Run } from './run.ts';
import type { SchemaError } from './validation-checks.ts';

export function validatePipeline(value: unknown): { pipeline: Pipeline } | { errors: Diagnostic[] } {
  return checkPipeline(value) ? { pipeline: value } : { errors: diagnose(value, checkPipeline.errors ?? []) };
}

export function validateRun(value: unknown): { run: Run } | { errors: Diagnostic[] } {
  return checkRun(value) ? { run: value } : { errors: diagnose(value, checkRun.errors ?? []) };
}

function diagnose(root: unknown, errors: readonly SchemaError[]): Diagnostic[] {
  const problems = new Problems();
  // Of a value of the wrong type nothing else needs to be said.
  const mistyped = new Set(errors.filter(({ keyword }) => keyword === 'type').map((e) => e.instancePath));
  for (const error of errors) {
    if (error.keyword !== 'type' && mistyped.has(error.instancePath)) continue;
    const path = pathIn(root, error.instancePath);
    const found = explain(error);
    if (found !== undefined) problems.error(found.code, [...path, ...(found.at ?? [])], found.message);
  }
  return problems.list;
}

interface Explained {
  code: string;
  message: string;
  /** Below the place of the error. */
  at?: Path;
}

function explain({
  keyword,
  params,
  parentSchema = {},
  data,
  propertyName,
}: SchemaError): Explained | undefined {
  const means = parentSchema['means'];
  const limit = params['limit'];
  switch (keyword) {
    case 'type':
      return { code: 'WrongType', message: wrongType(params['type'], data) };
    case 'required': {
      const field = String(params['missingProperty']);
      return { code: 'Missing', message: `'${field}' is missing: it is required here.` };
    }
    case 'additionalProperties':
      return unknownField(String(params['additionalProperty']), parentSchema);
    case 'enum': {
      const allowed = texts(params['allowedValues']);
      const wanted = allowed.length === 1 ? `not '${list(allowed)}'` : `none of ${list(allowed)}`;
      return { code: 'InvalidValue', message: `${shown(data)} is ${wanted}.${meant(data, allowed)}` };
    }
    case 'pattern': {
      // Of a key, the propertyNames around it names which.
      const wanted =
        typeof means === 'string' ? means : `what the pattern ${String(params['pattern'])} asks for`;
      return { code: 'InvalidValue', message: `${shown(propertyName ?? data)} is not ${wanted}.` };
    }
    case 'distinct': {
      const index = Number(params['index']);
      const field = parentSchema['distinct'];
      const entry = Array.isArray(data) ? data[index] : undefined;
      if (typeof field !== 'string' || field === '') {
        return { code: 'Duplicate', message: `${shown(entry)} is there twice: remove one.`, at: [index] };
      }
      const name = typeof entry === 'object' && entry !== null ? Reflect.get(entry, field) : undefined;
      const message = `${shown(name)} is there twice: each ${field} can be used once.`;
      return { code: 'Duplicate', message, at: [index, field] };
    }
    case 'rules':
      return { code: 'Rule', message: sentence(String(params['message'])) };
    case 'minLength':
      return {
        code: 'OutOfBounds',
        message: data === '' ? 'It is empty.' : `It needs at least ${String(limit)} characters.`,
      };
    case 'maxLength':
      return { code: 'OutOfBounds', message: `It is longer than the ${String(limit)} characters allowed.` };
    case 'minItems':
      return {
        code: 'OutOfBounds',
        message: 'The list is empty: it needs an entry, or leave the field out.',
      };
    case 'maxItems':
    case 'maxProperties':
      return { code: 'OutOfBounds', message: `It has more than the ${String(limit)} entries allowed.` };
    case 'minimum':
      return {
        code: 'OutOfBounds',
        message: `${shown(data)} is less than ${String(limit)}, the least allowed.`,
      };
    case 'maximum':
      return {
        code: 'OutOfBounds',
        message: `${shown(data)} is more than ${String(limit)}, the most allowed.`,
      };
    // Its own error says more.
    case 'propertyNames':
      return undefined;
    default:
      return { code: 'InvalidValue', message: `It does not satisfy '${keyword}'.` };
  }
}

function unknownField(
  field: string,
  { properties, notHere }: { readonly [keyword: string]: unknown },
): Explained {
  const at = [field];
  if (texts(notHere).includes(field)) {
    const message = `'${field}' cannot be here: groups nest two deep, and there are none in finally.`;
    return { code: 'UnknownField', message, at };
  }
  const known = typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
  return {
    code: 'UnknownField',
    message: `There is no field '${field}' here.${didYouMean(field, known)}`,
    at,
  };
}

const TYPE_WORDS: { readonly [type: string]: string } = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'a map',
  array: 'a list',
};

function wrongType(type: unknown, data: unknown): string {
  const wanted = texts(Array.isArray(type) ? type : String(type).split(','))
    .map((name) => TYPE_WORDS[name] ?? name)
    .join(' or ');
  const quote = type === 'string' && (typeof data === 'number' || typeof data === 'boolean');
  const cure = quote ? `: write it in quotes, "${String(data)}"` : '';
  return `${shown(data)} is not ${wanted}${cure}.`;
}

function meant(data: unknown, allowed: readonly string[]): string {
  if (typeof data !== 'string' || allowed.length === 1) return '';
  const best = nearest(data, allowed) ?? allowed.find((value) => value.startsWith(data));
  return best === undefined ? '' : ` Did you mean '${best}'?`;
}

const SHOWN_CHARACTERS = 60;

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'An empty value';
  if (Array.isArray(value)) return 'A list';
  if (typeof value === 'object') return 'A map';
  if (typeof value !== 'string') return JSON.stringify(value);
  return `'${value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}…` : value}'`;
}

function list(values: readonly string[]): string {
  return values.length < 2 ? values.join() : `${values.slice(0, -1).join(', ')} and ${values.at(-1) ?? ''}`;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** The rules' messages begin as part of the API server's sentence. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** A JSON Pointer (RFC 6901) as a path; what indexes a list is a number. */
function pathIn(root: unknown, pointer: string): (string | number)[] {
  let here = root;
  return pointer
    .split('/')
    .slice(1)
    .map((part) => {
      const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
      const inList = Array.isArray(here);
      here = typeof here === 'object' && here !== null ? Reflect.get(here, key) : undefined;
      return inList ? Number(key) : key;
    });
}
