/** What an expression may speak of at the place where it stands. */
import { Environment, type ObjectSchema } from '@marcbachmann/cel-js';
import type { Param } from '../api/pipeline.ts';
import { CEL_OPTIONS, celMessage, type Root, withFunctions } from './cel.ts';

export interface Declared {
  /** The types of a pipeline's names: made once, shared by all its expressions. */
  types: TypeChecker;
  roots: readonly Root[];
  params: readonly string[];
  /** run.result: in `finally` alone. */
  result: boolean;
  /** What `stages.NAME` is here. Absent: nothing is known, as in a pipeline's own env. */
  stage?(name: string): StageSight;
  /** Ids of the steps that came before, in this stage. */
  steps?: ReadonlySet<string>;
  /** Names of the variables that Otto sets here. */
  env?: ReadonlySet<string>;
}

/** A stage as another one sees it: its outputs, or why it cannot be seen. */
export type StageSight = { outputs: readonly string[] } | { problem: string };

/** Of `source`, `run` and `pipeline`. */
export const FIELDS: { readonly [root: string]: readonly string[] } = {
  source: ['url', 'branch', 'tag', 'revision', 'author', 'message', 'changedPaths'],
  run: ['name', 'namespace', 'uid', 'result'],
  pipeline: ['name'],
};

const PARAM_TYPES = {
  string: 'string',
  choice: 'string',
  number: 'int',
  boolean: 'bool',
  array: 'list',
} as const;

/**
 * CEL's static types. A number is declared an int (it may index and be counted with), and sums and comparisons of int
 * and double are defined, so that what is checked here holds for whole and broken numbers.
 */
export class TypeChecker {
  readonly #environment: Environment;
  readonly #known = new Map<string, { type: string } | { problem: string }>();

  constructor(params: readonly Param[]) {
    const schema: ObjectSchema = {};
    for (const { name, type } of params) schema[name] = PARAM_TYPES[type ?? 'string'];
    this.#environment = withFunctions(new Environment(CEL_OPTIONS))
      .registerType('Params', { fields: plainFields(schema) })
      .registerType('Source', {
        fields: {
          ...plainFields(Object.fromEntries((FIELDS['source'] ?? []).map((name) => [name, 'string']))),
          changedPaths: 'list<string>',
        },
      })
      .registerType('RunNames', {
        fields: plainFields(Object.fromEntries((FIELDS['run'] ?? []).map((name) => [name, 'string']))),
      })
      .registerType('PipelineNames', { fields: { name: 'string' } })
      .registerType('Ended', { fields: { result: 'string', outputs: 'map<string, string>' } })
      .registerVariable('params', 'Params')
      .registerVariable('source', 'Source')
      .registerVariable('run', 'RunNames')
      .registerVariable('pipeline', 'PipelineNames')
      .registerVariable('stages', 'map<string, Ended>')
      .registerVariable('steps', 'map<string, Ended>')
      .registerVariable('env', 'map<string, string>');
  }

  /** `prepared` as from `compileExpression`. */
  check(prepared: string): { type: string } | { problem: string } {
    let result = this.#known.get(prepared);
    if (result === undefined) {
      const { valid, type, error } = this.#environment.check(prepared);
      result = valid ? { type: type ?? 'dyn' } : { problem: celMessage(error) };
      this.#known.set(prepared, result);
    }
    return result;
  }
}

function plainFields(schema: ObjectSchema): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, type] of Object.entries(schema)) if (typeof type === 'string') fields[name] = type;
  return fields;
}
