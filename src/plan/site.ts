/** A place in a pipeline where strings with expressions stand, and where their problems go. */
import type { Json } from '../api/pipeline.ts';
import { MAX_DEPTH, MAX_ENV, MAX_TEXT_CHARACTERS } from './bounds.ts';
import type { Root } from './cel.ts';
import type { Declared } from './declared.ts';
import type { Path, Problems } from './diagnostics.ts';
import { checkCondition, checkTextTemplate, isTemplate } from './expression.ts';
import { isEnvName, isReservedVariable } from './names.ts';

/** Before anything of the pipeline has run. */
export const PIPELINE_ROOTS: readonly Root[] = ['params', 'run', 'pipeline', 'source'];
/** Before a stage's pod starts. */
export const STAGE_ROOTS: readonly Root[] = [...PIPELINE_ROOTS, 'stages'];
/** Within a running stage. */
export const STEP_ROOTS: readonly Root[] = [...STAGE_ROOTS, 'steps', 'env'];

export class Site {
  readonly declared: Declared;
  readonly problems: Problems;

  constructor(declared: Declared, problems: Problems) {
    this.declared = declared;
    this.problems = problems;
  }

  with(change: Partial<Declared>): Site {
    return new Site({ ...this.declared, ...change }, this.problems);
  }

  /** A string that may hold templates and becomes text. */
  text(text: string, path: Path): void {
    if (text.length > MAX_TEXT_CHARACTERS) {
      this.problems.error('TooLong', path, `The text is longer than ${MAX_TEXT_CHARACTERS} characters.`);
    } else if (isTemplate(text)) {
      for (const { code, message } of checkTextTemplate(text, this.declared).problems) {
        this.problems.error(code, path, message);
      }
    }
  }

  condition(text: string, path: Path): void {
    for (const { code, message } of checkCondition(text, this.declared).problems) {
      this.problems.error(code, path, message);
    }
  }

  /** All strings within, keys left alone. */
  json(value: Json | undefined, path: Path): void {
    if (path.length > MAX_DEPTH) {
      this.problems.error('TooDeep', path, `Values nest more than ${MAX_DEPTH} deep here.`);
      return;
    }
    if (typeof value === 'string') this.text(value, path);
    else if (Array.isArray(value))
      for (const [index, item] of value.entries()) this.json(item, [...path, index]);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) this.json(item, [...path, key]);
    }
  }

  /** Checks names and values; gives back those that are usable. */
  env(env: { [name: string]: unknown } | undefined, path: Path): Record<string, string> {
    const checked: Record<string, string> = {};
    const entries = Object.entries(env ?? {});
    if (entries.length > MAX_ENV) {
      this.problems.error(
        'TooManyVariables',
        path,
        `There are ${entries.length} variables; at most ${MAX_ENV} are allowed.`,
      );
    }
    for (const [name, value] of entries.slice(0, MAX_ENV)) {
      const here = [...path, name];
      if (!isEnvName(name)) {
        const message = `'${name}' cannot be a variable's name: use letters, digits and _, not a digit first.`;
        this.problems.error('InvalidName', here, message);
      } else if (isReservedVariable(name)) {
        this.problems.error(
          'ReservedName',
          here,
          `'${name}' is set by Otto: choose a name without OTTO_ and PARAM_ in front.`,
        );
      } else if (typeof value === 'string') {
        this.text(value, here);
        checked[name] = value;
      } else {
        const cure =
          typeof value === 'number' || typeof value === 'boolean' ? ` Write "${value}" in quotes.` : '';
        this.problems.error('WrongType', here, `The variable ${name} must be a string.${cure}`);
      }
    }
    return checked;
  }
}
