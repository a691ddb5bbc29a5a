import assert from 'node:assert/strict';
import { aPlan, aStage } from '../testing/engine/builders.ts';
import { instantiate } from './instantiate.ts';
import type { Scope } from './plan.ts';

const scope = (params: Scope['params']): Scope => ({
  params,
  source: { url: '', branch: '', tag: '', revision: '', author: '', message: '', changedPaths: [] },
  run: { name: 'r', namespace: 'n', uid: 'u', result: '' },
  pipeline: { name: 'p' },
  stages: {},
});

describe('the values of a stage', () => {
  it('are not filled in beyond what a stage may take: a long one may stand in many places, many times', () => {
    const many = '${{ params.a }}'.repeat(150);
    const env = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`V${i}`, many]));
    const plan = aPlan([aStage('a', { env })], { params: [{ name: 'a' }] });
    const [stage] = plan.stages;
    assert.ok(stage !== undefined);
    const made = instantiate(plan, stage, scope({ a: 'x'.repeat(32_000) }));
    assert.match('error' in made ? made.error : '', /takes too long/);
    assert.ok('instance' in instantiate(plan, stage, scope({ a: 'x' })), 'short ones are');
  });
});
