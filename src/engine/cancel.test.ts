import assert from 'node:assert/strict';
import { aPlan, aStage, NOW } from '../testing/engine/builders.ts';
import { Driven } from '../testing/engine/driven.ts';

function cancel(run: Driven): void {
  run.run = { ...run.run, spec: { ...run.run.spec, state: 'Cancelled' } };
}

describe('a cancelled Run', () => {
  it('records the stop before it is done, and the result when the pod has ended', () => {
    const run = new Driven(aPlan([aStage('a'), aStage('b')]));
    run.pass();
    cancel(run);
    const actions = run.pass();
    assert.equal(run.shown, 'a:Stopping/RunCancelled b:Cancelled/RunCancelled');
    assert.equal(run.stage('a')?.stopping, 'Cancelled');
    assert.deepEqual(actions, [{ type: 'StopPod', podName: 'demo-a-1', podUID: 'uid-a-1' }]);
    assert.equal(run.run.status?.conditions?.[0]?.reason, 'Cancelling');
    run.look('a', { deadline: 1, containers: { otto: {}, main: {} } });
    assert.deepEqual(run.pass(), [], 'told once');
    run.report('a', 'Interrupted');
    run.pass();
    assert.equal(run.run.status?.result, undefined, 'the pod has not ended');
    run.look('a', { phase: 'Failed', reason: 'DeadlineExceeded', containers: { otto: { exit: 1 } } });
    run.pass();
    assert.equal(run.run.status?.result, 'Cancelled');
    assert.equal(run.run.status?.message, 'The Run was cancelled.');
  });

  it('is told again to stop when the operator died between recording and doing it', () => {
    const run = new Driven(aPlan([aStage('a')]));
    run.pass();
    run.look('a');
    cancel(run);
    const first = run.pass();
    assert.deepEqual(run.after(60).pass(), first);
  });

  it('still runs finally, and nothing else', () => {
    const run = new Driven(aPlan([aStage('a'), aStage('b')], { finally: [aStage('f')] }));
    run.pass();
    cancel(run);
    run.pass();
    run.gone('a');
    run.pass();
    assert.equal(run.createdNames, 'a#1 f#1');
    assert.equal(run.created[1]?.instance.scope.run.result, 'Cancelled');
    run.report('f', 'Succeeded');
    run.pass();
    assert.equal(run.run.status?.result, 'Cancelled');
  });

  it('keeps a success that was reported while it was being stopped', () => {
    const run = new Driven(aPlan([aStage('a')]));
    run.pass();
    cancel(run);
    run.pass();
    run.report('a', 'Succeeded');
    run.pass();
    assert.equal(run.shown, 'a:Succeeded');
  });

  it('ends a stage that waits for its next attempt', () => {
    const run = new Driven(aPlan([aStage('a', { retries: { limit: 2 } })]));
    run.pass();
    run.report('a', 'Failed');
    run.pass();
    assert.equal(run.shown, 'a:Retrying');
    cancel(run);
    run.pass();
    assert.equal(run.shown, 'a:Cancelled/RunCancelled');
    assert.equal(run.stage('a')?.attempt, 1);
    assert.equal(run.stage('a')?.retried?.length, 1);
  });

  it('stops a pod that was created just before and not recorded', () => {
    const run = new Driven(aPlan([aStage('a')]));
    cancel(run);
    run.look('a', { phase: 'Pending', containers: null });
    const actions = run.pass();
    assert.deepEqual(actions, [{ type: 'StopPod', podName: 'demo-a-1', podUID: 'uid-a-1' }]);
    assert.equal(run.shown, 'a:Stopping/RunCancelled');
  });

  it('stops a pod that is seen only after its stage has ended', () => {
    const run = new Driven(aPlan([aStage('a')]));
    cancel(run);
    run.pass();
    assert.equal(run.run.status?.result, 'Cancelled');
    run.look('a', { phase: 'Running' });
    assert.deepEqual(run.pass(), [{ type: 'StopPod', podName: 'demo-a-1', podUID: 'uid-a-1' }]);
  });

  it('leaves the pod of a success time to end by itself, its services too, though the Run has ended', () => {
    const run = new Driven(aPlan([aStage('a')]));
    run.pass();
    run.look('a');
    run.report('a', 'Succeeded');
    run.pass();
    assert.equal(run.run.status?.result, 'Succeeded');
    run.reports.clear();
    assert.deepEqual(run.pass(), []);
    assert.deepEqual(run.after(60).pass(), [{ type: 'StopPod', podName: 'demo-a-1', podUID: 'uid-a-1' }]);
  });

  it('ends a pod by force when its node does not', () => {
    const run = new Driven(aPlan([aStage('a')]));
    run.pass();
    run.look('a');
    cancel(run);
    run.pass();
    run.look('a', { deadline: 1, created: NOW });
    run.after(109);
    assert.deepEqual(run.pass(), []);
    run.after(1);
    assert.deepEqual(run.pass(), [{ type: 'DeletePod', podName: 'demo-a-1', podUID: 'uid-a-1' }]);
    run.gone('a');
    run.pass();
    assert.equal(run.run.status?.result, 'Cancelled');
  });
});

describe('a paused Run', () => {
  it('starts nothing new, lets go on what runs, and resumes', () => {
    const run = new Driven(aPlan([aStage('a'), aStage('b')]));
    run.pass();
    run.run = { ...run.run, spec: { ...run.run.spec, state: 'Paused' } };
    run.report('a', 'Succeeded');
    run.pass();
    assert.equal(run.shown, 'a:Succeeded');
    assert.equal(run.run.status?.conditions?.[0]?.reason, 'Paused');
    run.run = { ...run.run, spec: { ...run.run.spec, state: 'Running' } };
    run.pass();
    assert.equal(run.createdNames, 'a#1 b#1');
  });
});

describe('time limits', () => {
  it('of the Run stop all and then run finally, also while it only waits', () => {
    const plan = aPlan([aStage('a'), aStage('b')], { timeout: '10m', finally: [aStage('f')] });
    const run = new Driven(plan);
    run.pass();
    run.look('a');
    run.after(599).pass();
    assert.equal(run.last?.requeueAfterMs, 1000);
    run.after(1).pass();
    assert.equal(run.shown, 'a:Stopping/RunTimedOut b:TimedOut/RunTimedOut');
    run.ends('a', 'Interrupted');
    run.pass();
    assert.equal(run.createdNames, 'a#1 f#1');
    assert.equal(run.created[1]?.instance.scope.run.result, 'TimedOut');
    run.report('f', 'Succeeded');
    run.pass();
    assert.equal(run.run.status?.result, 'TimedOut');
    assert.equal(run.run.status?.message, 'The Run took longer than its timeout of 10m.');
  });

  it('of a stage are the runner’s to keep; the engine steps in long after', () => {
    const run = new Driven(aPlan([aStage('a', { timeout: '1m' })]));
    run.pass();
    run.look('a');
    // The timeout, grace, post and a margin.
    run.after(60 + 10 + 60 + 29);
    assert.deepEqual(run.pass(), []);
    run.after(1);
    assert.deepEqual(run.pass(), [{ type: 'StopPod', podName: 'demo-a-1', podUID: 'uid-a-1' }]);
    assert.equal(run.stage('a')?.stopping, 'TimedOut');
    run.look('a', { phase: 'Failed', reason: 'DeadlineExceeded', containers: { otto: { exit: 137 } } });
    run.pass();
    assert.equal(run.shown, 'a:TimedOut/StageTimedOut');
  });

  it('of a stage do not count while its image is pulled', () => {
    const run = new Driven(aPlan([aStage('a', { timeout: '1m' })]));
    run.pass();
    run.look('a', { containers: { otto: {}, main: { waiting: 'ContainerCreating' } } });
    run.after(500).pass();
    run.look('a', { containers: { otto: { running: NOW }, main: { running: run.now } } });
    run.pass();
    assert.equal(run.stage('a')?.state, 'Running');
  });

  it('of a kept Run delete it, and its own ttl goes first', () => {
    const run = new Driven(aPlan([aStage('a')]), { ttlAfterFinished: '1h' });
    run.pass();
    run.ends('a', 'Succeeded');
    run.pass();
    assert.equal(run.run.status?.result, 'Succeeded');
    run.pass();
    assert.equal(run.last?.requeueAfterMs, 3_600_000);
    run.after(3600);
    assert.deepEqual(run.pass(), [{ type: 'DeleteRun' }]);
  });
});
