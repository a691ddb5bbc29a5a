/** The value beside a step's symbol, against the symbol's manifest: names, forms and types. */
import type { Json } from '../api/pipeline.ts';
import { MAX_SCRIPT_BYTES } from './bounds.ts';
import type { Path } from './diagnostics.ts';
import { didYouMean } from './did-you-mean.ts';
import { checkTemplate, expressionsOf, isTemplate } from './expression.ts';
import type { ParameterType, StepManifest, StepParameter } from './manifest.ts';
import { isSecretName, variableFor } from './names.ts';
import type { Site } from './site.ts';

export interface StepParameters {
  parameters: { [name: string]: Json };
  /** Names of parameters whose template keeps its type, and of those that name a Secret. */
  typed: string[];
  credentials: string[];
  block?: { value: Json; path: Path };
}

/** A scalar is the first parameter, a list all in manifest order, a map by name. */
export function readParameters(value: Json, manifest: StepManifest, path: Path, site: Site): StepParameters {
  const result: StepParameters = { parameters: {}, typed: [], credentials: [] };
  const given = byName(value, manifest, path, site);
  for (const { parameter, value, path } of given) {
    if (parameter.type === 'block') result.block = { value, path };
    else if (checkValue(value, parameter, manifest, path, site)) {
      const { name, type } = parameter;
      result.parameters[name] = value;
      if (type === 'credentials') result.credentials.push(name);
      else if ((type === 'number' || type === 'boolean' || type === 'array') && typeof value === 'string') {
        result.typed.push(name);
      }
    }
  }
  for (const { name, required } of manifest.parameters) {
    if (!required || given.some(({ parameter }) => parameter.name === name)) continue;
    const known = manifest.parameters.map((parameter) => parameter.name).join(', ');
    site.problems.error(
      'MissingParameter',
      path,
      `${manifest.symbol} needs '${name}'. Its parameters: ${known}.`,
    );
  }
  return result;
}

interface Given {
  parameter: StepParameter;
  value: Json;
  path: Path;
}

function byName(value: Json, manifest: StepManifest, path: Path, { problems }: Site): Given[] {
  const [first, ...others] = manifest.parameters;
  if (value === null) return [];
  if (typeof value === 'object' && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([name, item]): Given[] => {
      const parameter = manifest.parameters.find((known) => known.name === name);
      if (parameter !== undefined)
        return item === null ? [] : [{ parameter, value: item, path: [...path, name] }];
      const cure = didYouMean(
        name,
        manifest.parameters.map((known) => known.name),
      );
      problems.error(
        'UnknownParameter',
        [...path, name],
        `${manifest.symbol} has no parameter '${name}'.${cure}`,
      );
      return [];
    });
  }
  if (first === undefined) {
    problems.error(
      'UnknownParameter',
      path,
      `${manifest.symbol} takes no parameters: write \`${manifest.symbol}: {}\`.`,
    );
    return [];
  }
  // `group: [{sh: a}, {sh: b}]`: where a list is all that a step takes, the list is that.
  const list = first.type === 'block' || (first.type === 'array' && others.length === 0);
  if (!Array.isArray(value) || list) return [{ parameter: first, value, path }];
  return value.flatMap((item, index): Given[] => {
    const parameter = manifest.parameters[index];
    if (parameter !== undefined)
      return item === null ? [] : [{ parameter, value: item, path: [...path, index] }];
    const count = manifest.parameters.length;
    problems.error(
      'UnknownParameter',
      [...path, index],
      `${manifest.symbol} takes at most ${count} parameters.`,
    );
    return [];
  });
}

const EXPECTED: { readonly [type in ParameterType]: string } = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  script: 'a script',
  credentials: 'the name of a Secret',
  path: 'a path',
  block: 'a list of steps',
};

/** CEL types that a whole-string template may have for a parameter that is no text. */
const TEMPLATE_TYPES = {
  number: ['int', 'uint', 'double', 'dyn'],
  boolean: ['bool', 'dyn'],
  array: ['list', 'dyn'],
} as const;

function checkValue(
  value: Json,
  parameter: StepParameter,
  manifest: StepManifest,
  path: Path,
  site: Site,
): boolean {
  const { name, type } = parameter;
  const { problems } = site;
  const wrong = (cure: string): boolean => {
    const message = `'${name}' of ${manifest.symbol} must be ${EXPECTED[type]}.${cure}`;
    problems.error('WrongType', path, message);
    return false;
  };
  if (type === 'number' || type === 'boolean' || type === 'array') {
    if (typeof value === 'string' && isTemplate(value)) return checkTyped(value, type, wrong, path, site);
    if (type === 'array') {
      if (!Array.isArray(value)) return wrong(typeof value === 'string' ? ' Put it in [ ].' : '');
      site.json(value, path);
      return true;
    }
    if (typeof value === type) return true;
    return wrong(typeof value === 'string' ? ' Write it without quotes.' : '');
  }
  if (typeof value !== 'string') {
    return wrong(typeof value === 'object' ? '' : ` Write "${value}" in quotes.`);
  }
  if (type === 'script') return checkScript(value, path, site);
  site.text(value, path);
  if (isTemplate(value)) {
    const late = type === 'credentials' && checkTemplate(value, site.declared).late;
    return late ? wrong(' It must be known before the stage starts, so steps and env cannot be used.') : true;
  }
  if (type === 'credentials' && !isSecretName(value)) return wrong(` '${value.slice(0, 80)}' is none.`);
  if (type === 'path' && (value.startsWith('/') || value.split('/').includes('..'))) {
    return wrong(` '${value.slice(0, 80)}' leaves the workspace: write it relative to it, without '..'.`);
  }
  return true;
}

function checkTyped(
  text: string,
  type: keyof typeof TEMPLATE_TYPES,
  wrong: (cure: string) => boolean,
  path: Path,
  site: Site,
): boolean {
  const checked = checkTemplate(text, site.declared);
  for (const { code, message } of checked.problems) site.problems.error(code, path, message);
  if (checked.problems.length > 0) return false;
  if (checked.late)
    return wrong(' It must be known before the stage starts, so steps and env cannot be used.');
  const name = checked.type.replace(/<.*/, '');
  return (
    TEMPLATE_TYPES[type].some((known) => known === name) ||
    wrong(` This expression is of type ${checked.type}.`)
  );
}

function checkScript(script: string, path: Path, { problems, declared }: Site): boolean {
  if (script.trim() === '') {
    problems.error('EmptyScript', path, 'The script is empty.');
    return false;
  }
  const bytes = Buffer.byteLength(script);
  if (bytes > MAX_SCRIPT_BYTES) {
    const message = `The script has ${bytes} bytes; at most ${MAX_SCRIPT_BYTES} are allowed. Keep it in a file of the repository.`;
    problems.error('TooLong', path, message);
    return false;
  }
  if (!isTemplate(script)) return true;
  const expression = expressionsOf(script)[0];
  const variable = expression === undefined ? undefined : variableFor(expression, declared.params);
  const cure =
    variable === undefined
      ? `Set env: {NAME: "\${{ ${expression ?? '…'} }}"} on the step and use "$NAME".`
      : `Use "$${variable}".`;
  const message = `A value is never pasted into a script, where it could act as code. ${cure}`;
  problems.error('ExpressionInScript', path, message);
  return false;
}
