/** The part of a scope that a stage's own expressions speak of: instructions of a Run of 2,000 stages must stay small. */
import type { Json } from '../api/pipeline.ts';
import { compileExpression } from './cel.ts';
import { expressionsOf } from './expression.ts';
import type { PlannedStep, Scope, StageInstance } from './plan.ts';

export function neededScope(instance: StageInstance, scope: Scope): Scope {
  const stages: Scope['stages'] = {};
  let paths = false;
  for (const expression of lateExpressions(instance)) {
    for (const { root, keys } of compileExpression(expression).references) {
      const name = keys[0];
      if (root === 'source' && name === 'changedPaths') paths = true;
      const ended = root === 'stages' && name !== undefined ? scope.stages[name] : undefined;
      if (ended !== undefined && name !== undefined) stages[name] = ended;
    }
  }
  const source = paths ? scope.source : { ...scope.source, changedPaths: [] };
  return { ...scope, source, stages };
}

function lateExpressions(instance: StageInstance): string[] {
  const found = Object.values(instance.outputs).flatMap(expressionsOf);
  const todo: PlannedStep[] = [...instance.steps, ...Object.values(instance.post).flat()];
  for (const step of todo) {
    if (step.if !== undefined) found.push(step.if);
    for (const text of Object.values(step.env)) found.push(...expressionsOf(text));
    if (step.label !== undefined) found.push(...expressionsOf(step.label));
    collect(step.parameters, found);
    todo.push(...(step.block ?? []));
  }
  return found;
}

function collect(value: Json, into: string[]): void {
  if (typeof value === 'string') into.push(...expressionsOf(value));
  else if (typeof value === 'object' && value !== null)
    for (const item of Object.values(value)) collect(item, into);
}
