/** Names in an expression against what is declared: what CEL's own types cannot say, with the cure. */
import { type Compiled, ROOTS } from './cel.ts';
import { type Declared, FIELDS } from './declared.ts';
import { didYouMean, nearest } from './did-you-mean.ts';
import type { Reference } from './references.ts';

export interface ExpressionProblem {
  code: 'ExpressionSyntax' | 'ExpressionType' | 'UnknownName' | 'NameNotHere' | 'NotAncestor';
  message: string;
}

const OUTCOME = ['result', 'outputs'];

export function checkReferences(compiled: Compiled, declared: Declared): ExpressionProblem[] {
  const problems = new Map<string, ExpressionProblem>();
  for (const reference of compiled.references) {
    const problem = checkReference(reference, declared);
    if (problem !== undefined) problems.set(problem.message, problem);
  }
  return [...problems.values()];
}

function checkReference(reference: Reference, declared: Declared): ExpressionProblem | undefined {
  const { root, keys, computed } = reference;
  const known = ROOTS.find((name) => name === root);
  if (known === undefined) {
    return { code: 'UnknownName', message: `'${root}' is not known here.${suggest(root, declared)}` };
  }
  if (!declared.roots.includes(known)) {
    const message = `'${root}' cannot be used here. Known here: ${declared.roots.join(', ')}.`;
    return { code: 'NameNotHere', message };
  }
  const name = keys[0];
  if (name === undefined) {
    const message = `'${root}' needs a name written out after it, such as ${root}.${example(root, declared)}.`;
    return { code: computed ? 'NameNotHere' : 'ExpressionType', message };
  }
  switch (known) {
    case 'params':
      return checkParam(name, declared);
    case 'source':
    case 'run':
    case 'pipeline':
      return checkField(known, name, declared);
    case 'stages':
      return checkStage(reference, name, declared);
    case 'steps':
      return checkStep(reference, name, declared);
    case 'env':
      if (declared.env?.has(name) === true) return undefined;
      return {
        code: 'UnknownName',
        message: `There is no variable '${name}' in env here.${didYouMean(name, declared.env ?? [])}`,
      };
  }
}

function checkParam(name: string, { params }: Declared): ExpressionProblem | undefined {
  if (params.includes(name)) return undefined;
  const dashed = params.find((param) => param.startsWith(`${name}-`));
  const cure =
    dashed === undefined ? didYouMean(name, params) : ` Write params["${dashed}"]: a dash means minus.`;
  const none = params.length === 0 ? ' This pipeline declares none: add it to spec.params.' : cure;
  return { code: 'UnknownName', message: `There is no parameter '${name}'.${none}` };
}

function checkField(root: string, name: string, declared: Declared): ExpressionProblem | undefined {
  const fields = FIELDS[root] ?? [];
  if (!fields.includes(name)) {
    return { code: 'UnknownName', message: `There is no ${root}.${name}.${didYouMean(name, fields)}` };
  }
  if (root === 'run' && name === 'result' && !declared.result) {
    return { code: 'NameNotHere', message: 'run.result is known in finally alone: the Run has none before.' };
  }
  return undefined;
}

function checkStage(
  { keys, computed }: Reference,
  name: string,
  declared: Declared,
): ExpressionProblem | undefined {
  const sight = declared.stage?.(name);
  if (sight === undefined) return { code: 'NameNotHere', message: `stages.${name} cannot be used here.` };
  if ('problem' in sight) return { code: 'NotAncestor', message: sight.problem };
  const [, field, output] = keys;
  if (field === undefined || !OUTCOME.includes(field)) return outcomeProblem(`stages.${name}`, field);
  if (field === 'result') return undefined;
  if (output === undefined) {
    if (computed)
      return { code: 'NameNotHere', message: `Write the output's name out: stages.${name}.outputs.NAME.` };
    return { code: 'ExpressionType', message: `Say which output: stages.${name}.outputs.NAME.` };
  }
  if (sight.outputs.includes(output)) return undefined;
  const none = sight.outputs.length === 0;
  const cure = none ? ` Declare it there: outputs: {${output}: …}.` : didYouMean(output, sight.outputs);
  return { code: 'UnknownName', message: `Stage '${name}' has no output '${output}'.${cure}` };
}

function checkStep(
  { keys, computed }: Reference,
  name: string,
  declared: Declared,
): ExpressionProblem | undefined {
  const ids = declared.steps ?? new Set();
  if (!ids.has(name)) {
    const cure = ids.size === 0 ? ' No step before this one has an id.' : didYouMean(name, ids);
    return { code: 'UnknownName', message: `No step before this one has the id '${name}'.${cure}` };
  }
  const [, field, output] = keys;
  if (field === undefined || !OUTCOME.includes(field)) return outcomeProblem(`steps.${name}`, field);
  if (field === 'outputs' && output === undefined && !computed) {
    return { code: 'ExpressionType', message: `Say which output: steps.${name}.outputs.NAME.` };
  }
  return undefined;
}

function outcomeProblem(owner: string, field: string | undefined): ExpressionProblem {
  const cure = field === undefined ? '' : didYouMean(field, OUTCOME);
  const message = `${owner} has result and outputs${field === undefined ? '' : `, not '${field}'`}.${cure}`;
  return { code: field === undefined ? 'ExpressionType' : 'UnknownName', message };
}

function suggest(root: string, declared: Declared): string {
  const param = declared.params.find((name) => name === root);
  if (param !== undefined) return ` Did you mean 'params.${param}'?`;
  const field = nearest(root, declared.roots);
  return field === undefined ? ` Known here: ${declared.roots.join(', ')}.` : ` Did you mean '${field}'?`;
}

function example(root: string, declared: Declared): string {
  return (root === 'params' ? declared.params[0] : FIELDS[root]?.[0]) ?? 'NAME';
}
