import assert from 'node:assert/strict';
import { aPlan, aStage } from '../testing/engine/builders.ts';
import { Driven } from '../testing/engine/driven.ts';

const NOT_FOUND = { reason: 'PipelineNotFound', message: 'there is no Pipeline "demo"' } as const;

describe('a Run without a plan', () => {
  it('waits for its Pipeline, says so, and fails after the limit', () => {
    const run = new Driven(undefined);
    run.more = { problem: NOT_FOUND };
    run.pass();
    assert.equal(run.run.status?.conditions?.[0]?.reason, 'PipelineNotFound');
    assert.equal(run.run.status?.message, NOT_FOUND.message);
    assert.equal(run.last?.requeueAfterMs, 300_000);
    run.after(299).pass();
    assert.equal(run.run.status?.result, undefined);
    run.after(1).pass();
    assert.equal(run.run.status?.result, 'Failed');
    assert.match(run.run.status?.message ?? '', /still no Pipeline after 5m/);
  });

  it('can be cancelled while it waits', () => {
    const run = new Driven(undefined, { state: 'Cancelled' });
    run.more = { problem: NOT_FOUND };
    run.pass();
    assert.equal(run.run.status?.result, 'Cancelled');
  });

  it('fails at once with every error of its Pipeline', () => {
    const run = new Driven(undefined);
    run.more = {
      problem: { reason: 'InvalidPipeline', message: 'spec.stages[0]: one\nspec.stages[1]: two' },
    };
    run.pass();
    assert.equal(run.run.status?.result, 'Failed');
    assert.equal(run.run.status?.conditions?.[0]?.message, 'spec.stages[0]: one\nspec.stages[1]: two');
    assert.equal(run.reasons, 'Succeeded:Failed Stalled:InvalidPipeline');
  });

  it('fails at once with every error of its parameters', () => {
    const run = new Driven(aPlan([aStage('a')], { params: [{ name: 'x', type: 'number' }] }), {
      params: { y: 1 },
    });
    run.pass();
    assert.equal(run.run.status?.result, 'Failed');
    assert.match(run.run.status?.message ?? '', /'x'[^]*spec\.params\.y: .*'y'/);
    assert.equal(run.reasons, 'Succeeded:Failed Stalled:InvalidParameters');
    assert.equal(run.createdNames, '');
  });

  it('concludes nothing when not even a problem is known', () => {
    const run = new Driven(undefined);
    run.pass();
    assert.deepEqual(run.run.status, {});
  });

  it('whose plan was lost stops what runs before it ends as Lost', () => {
    const run = new Driven(aPlan([aStage('a'), aStage('b')]));
    run.pass();
    run.look('a');
    const problem = { reason: 'PlanLost', message: 'ControllerRevision "x" was deleted' } as const;
    run.more = { problem };
    run.plan = undefined;
    const actions = run.pass();
    assert.deepEqual(actions, [{ type: 'StopPod', podName: 'demo-a-1', podUID: 'uid-a-1' }]);
    assert.equal(run.run.status?.result, undefined);
    run.gone('a');
    run.pass();
    assert.equal(run.shown, 'a:Lost/PlanLost');
    assert.equal(run.run.status?.result, 'Lost');
    assert.equal(run.run.status?.message, problem.message);
  });
});
