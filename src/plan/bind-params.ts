/** The values of a Run for the parameters of its pipeline. */
import type { Json } from '../api/pipeline.ts';
import { type Diagnostic, Problems } from './diagnostics.ts';
import { didYouMean } from './did-you-mean.ts';
import { valueProblem } from './params.ts';
import type { Plan } from './plan.ts';

export type BoundParams = { params: { [name: string]: Json } } | { errors: Diagnostic[] };

/** Types, choices, defaults and unknown names; all errors. Values keep their types: a number stays a number. */
export function bindParams(
  plan: Pick<Plan, 'params' | 'pipeline'>,
  given: { [name: string]: Json },
): BoundParams {
  const problems = new Problems();
  const path = ['spec', 'params'];
  // Without a prototype: a parameter may be called __proto__.
  const params: { [name: string]: Json } = Object.create(null);
  for (const param of plan.params) {
    const value = Object.hasOwn(given, param.name) ? given[param.name] : undefined;
    if (value === undefined) {
      if (param.default !== undefined) params[param.name] = param.default;
      else {
        const message = `Parameter '${param.name}' has no default and must be given: -p ${param.name}=…, or spec.params.${param.name}.`;
        problems.error('MissingParameter', path, message);
      }
      continue;
    }
    const wrong = valueProblem(param, value);
    if (wrong === undefined) params[param.name] = value;
    else problems.error('WrongType', [...path, param.name], `P${wrong.slice(1)}`);
  }
  const known = plan.params.map(({ name }) => name);
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const cure = known.length === 0 ? ' It declares none.' : didYouMean(name, known);
    problems.error(
      'UnknownParameter',
      [...path, name],
      `Pipeline '${plan.pipeline}' has no parameter '${name}'.${cure}`,
    );
  }
  return problems.errors > 0 ? { errors: problems.list } : { params };
}
