/** Declared parameters: their names, types, choices and defaults. */
import type { Json, Param } from '../api/pipeline.ts';
import { MAX_PARAMS, MAX_TEXT_CHARACTERS } from './bounds.ts';
import type { Path, Problems } from './diagnostics.ts';
import { didYouMean } from './did-you-mean.ts';
import { isDashedIdentifier, paramVariable } from './names.ts';

const MAX_ITEMS = 1000;

/** Gives back those that are usable, so that expressions can be checked even if one is not. */
export function checkParams(params: readonly Param[], path: Path, problems: Problems): Param[] {
  if (params.length > MAX_PARAMS) {
    problems.error(
      'TooManyParameters',
      path,
      `There are ${params.length} parameters; at most ${MAX_PARAMS} are allowed.`,
    );
  }
  const variables = new Map<string, string>();
  return params.slice(0, MAX_PARAMS).filter((param, index) => {
    const here = [...path, index];
    const { name, type, choices } = param;
    if (!isDashedIdentifier(name)) {
      const message = `'${name}' cannot be a parameter's name: use letters, digits, _ and -, starting with a letter or _.`;
      problems.error('InvalidName', [...here, 'name'], message);
      return false;
    }
    const variable = paramVariable(name);
    const other = variables.get(variable);
    if (other !== undefined) {
      const message =
        other === name
          ? `Two parameters are named '${name}'.`
          : `'${name}' and '${other}' are the same variable ${variable} in scripts: rename one.`;
      problems.error('DuplicateName', [...here, 'name'], message);
      return false;
    }
    variables.set(variable, name);
    if (type === 'choice' && (choices === undefined || choices.length === 0)) {
      problems.error('MissingChoices', here, `Parameter '${name}' is a choice without choices.`);
    } else if (type !== 'choice' && choices !== undefined) {
      problems.error(
        'UnusedChoices',
        [...here, 'choices'],
        `Parameter '${name}' has choices: give it type: choice.`,
      );
    } else if (param.default !== undefined) {
      const wrong = valueProblem(param, param.default);
      if (wrong !== undefined) problems.error('WrongType', [...here, 'default'], `The default of ${wrong}`);
    }
    return true;
  });
}

/** What is wrong with a value for a parameter, as a sentence that starts with its name. */
export function valueProblem(
  { name, type = 'string', choices = [] }: Param,
  value: Json,
): string | undefined {
  const must = (what: string, cure = ''): string => `parameter '${name}' must be ${what}.${cure}`;
  switch (type) {
    case 'string':
      if (typeof value !== 'string')
        return must('a string', scalar(value) ? ` Write "${short(value)}" in quotes.` : '');
      return value.length > MAX_TEXT_CHARACTERS
        ? must(`at most ${MAX_TEXT_CHARACTERS} characters`)
        : undefined;
    case 'number':
      if (typeof value !== 'number' || !Number.isFinite(value)) {
        return must('a number', typeof value === 'string' ? ' Write it without quotes.' : '');
      }
      return undefined;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : must('true or false');
    case 'array':
      if (!Array.isArray(value)) return must('a list');
      if (!value.every(scalar)) return must('a list of strings, numbers and booleans');
      return value.length > MAX_ITEMS ? must(`a list of at most ${MAX_ITEMS}`) : undefined;
    case 'choice':
      if (typeof value === 'string' && choices.includes(value)) return undefined;
      return must(`one of its choices, and '${short(value)}' is not`, didYouMean(short(value), choices));
  }
}

function scalar(value: Json): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function short(value: Json): string {
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 60);
}
