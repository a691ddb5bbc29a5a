import assert from 'node:assert/strict';
import { aPlan, aStage } from '../testing/engine/builders.ts';
import { Driven } from '../testing/engine/driven.ts';

describe('the order of stages', () => {
  it('lets stages without needs start together, and joins what fans in', () => {
    const run = new Driven(
      aPlan([aStage('a'), aStage('b', { needs: [] }), aStage('c', { needs: ['a', 'b'] })]),
    );
    run.pass();
    assert.equal(run.createdNames, 'a#1 b#1');
    run.report('b', 'Succeeded');
    run.pass();
    assert.equal(run.createdNames, 'a#1 b#1');
    run.report('a', 'Succeeded');
    run.pass();
    assert.equal(run.createdNames, 'a#1 b#1 c#1');
  });

  it('ends a group when all its members have', () => {
    const run = new Driven(aPlan([{ name: 'g', parallel: [aStage('x'), aStage('y')] }, aStage('z')]));
    run.pass();
    run.report('x', 'Succeeded');
    run.pass();
    assert.equal(run.createdNames, 'x#1 y#1');
    run.report('y', 'Unstable');
    run.pass();
    assert.equal(run.createdNames, 'x#1 y#1 z#1');
  });

  it('goes on after a group that is allowed to fail, whose failure is not the Run’s', () => {
    const run = new Driven(
      aPlan([{ name: 'g', allowFailure: true, stages: [aStage('x'), aStage('y')] }, aStage('z')]),
    );
    run.pass();
    run.report('x', 'Failed');
    run.pass();
    assert.equal(run.shown, 'x:Failed/Failed y:Skipped/NeedFailed z:Starting');
    run.report('z', 'Succeeded');
    run.pass();
    assert.equal(run.run.status?.result, 'Succeeded');
  });

  it('does not let allowFailure excuse what came before', () => {
    const run = new Driven(aPlan([aStage('a'), aStage('b', { allowFailure: true }), aStage('c')]));
    run.pass();
    run.report('a', 'Failed');
    run.pass();
    assert.equal(run.shown, 'a:Failed/Failed b:Skipped/NeedFailed c:Skipped/NeedFailed');
  });

  it('skips a stage whose condition is false and goes on after it', () => {
    const run = new Driven(aPlan([aStage('a', { when: "run.name == 'other'" }), aStage('b')]));
    run.pass();
    assert.equal(run.shown, 'a:Skipped/ConditionFalse b:Starting');
  });

  it('tells a condition that cannot be evaluated as a failure of its stage', () => {
    const plan = aPlan([
      aStage('a', { outputs: { v: 'x' }, when: 'false' }),
      aStage('b', { when: "stages.a.outputs.v == 'x'" }),
    ]);
    const run = new Driven(plan);
    run.pass();
    assert.match(run.shown, /b:Failed\/ConditionError/);
    assert.match(run.run.status?.message ?? '', /has\(…\)/);
  });

  it('gives later stages the outputs of earlier ones, also after a restart', () => {
    const plan = aPlan([
      aStage('a', { outputs: { version: 'x' } }),
      aStage('b', { env: { V: '${{ stages.a.outputs.version }}' } }),
    ]);
    const run = new Driven(plan);
    run.pass();
    run.report('a', 'Succeeded', { outputs: { version: '1.4.2' } });
    run.pass();
    assert.equal(run.created[1]?.instance.env['V'], '1.4.2');
    assert.deepEqual(run.stage('a')?.outputs, { version: '1.4.2' });
  });

  it('keeps to the number of pods that a Run may have at a time', () => {
    const run = new Driven(aPlan([{ name: 'g', parallel: [aStage('x'), aStage('y'), aStage('z')] }]));
    run.more = {
      config: { pendingLimitSeconds: 600, pipelineLimitSeconds: 300, maxPodsPerRun: 2, postSeconds: 60 },
    };
    run.pass();
    assert.equal(run.createdNames, 'x#1 y#1');
    run.report('y', 'Succeeded');
    run.pass();
    assert.equal(run.createdNames, 'x#1 y#1 z#1');
  });
});

describe('the one revision', () => {
  const source = { git: { url: 'https://git.invalid/x.git', ref: 'main' } };
  const plan = aPlan(
    [{ name: 'g', parallel: [aStage('x'), aStage('y'), aStage('z', { checkout: false })] }],
    {
      source,
    },
  );

  it('is resolved by one checkout, for which other checkouts wait', () => {
    const run = new Driven(plan);
    run.pass();
    assert.equal(run.createdNames, 'x#1 z#1');
    run.report('x', undefined, { revision: 'abc123' });
    run.pass();
    assert.equal(run.createdNames, 'x#1 z#1 y#1');
    assert.equal(run.created[2]?.instance.source?.revision, 'abc123');
    assert.equal(run.run.status?.revision, 'abc123');
  });

  it('is resolved by the next checkout when the first is lost before it knew', () => {
    const run = new Driven(plan);
    run.pass();
    run.look('x', { phase: 'Failed', reason: 'Evicted', containers: null });
    run.pass();
    assert.equal(run.createdNames, 'x#1 z#1 y#1');
    run.after(60).pass();
    assert.equal(run.createdNames, 'x#1 z#1 y#1', 'the retry waits too');
    run.report('y', undefined, { revision: 'abc123' });
    run.pass();
    assert.equal(run.created.at(-1)?.stage, 'x');
    assert.equal(run.created.at(-1)?.instance.source?.revision, 'abc123');
  });

  it('is the one that the Run names, and then nothing waits', () => {
    const run = new Driven(plan, { source: { revision: 'def', branch: 'topic' } });
    run.pass();
    assert.equal(run.createdNames, 'x#1 y#1 z#1');
    assert.equal(run.created[0]?.instance.source?.revision, 'def');
    assert.equal(run.created[0]?.instance.source?.ref, 'topic');
    assert.equal(run.created[0]?.instance.scope.source.branch, 'topic');
  });

  it('is of the branch that the pipeline names where the Run names none', () => {
    const run = new Driven(plan);
    run.pass();
    assert.equal(run.created[0]?.instance.scope.source.branch, 'main');
  });
});
