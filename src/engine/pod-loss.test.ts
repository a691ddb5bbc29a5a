import assert from 'node:assert/strict';
import { aPlan, aReport, aStage, NOW, type PodLook } from '../testing/engine/builders.ts';
import { Driven } from '../testing/engine/driven.ts';

const plan = aPlan([aStage('a', { retries: { infrastructure: 0 } })]);
const disruption = (reason: string): NonNullable<PodLook['conditions']> => [
  { type: 'DisruptionTarget', status: 'True', reason, message: 'because' },
];
const OVER: PodLook = { phase: 'Failed', containers: { otto: { exit: 137 }, main: { exit: 137 } } };

describe('a user’s container that went away', () => {
  for (const { end, is } of [
    { end: { exit: 137, reason: 'OOMKilled' }, is: 'Failed/OOMKilled' },
    { end: { exit: 3 }, is: 'Failed/ContainerExited' },
    { end: { exit: 137 }, is: 'Lost/ContainerKilled' },
  ]) {
    it(`is told as ${is} once its exit (${end.exit}) is seen, though the runner reported before`, () => {
      const run = new Driven(plan);
      run.pass();
      run.look('a');
      run.report('a', 'Lost', { reason: 'ContainerLost', message: 'container main ended' });
      run.pass();
      assert.equal(run.stage('a')?.result, undefined, 'the pod may still say why');
      run.look('a', { phase: 'Failed', containers: { otto: { exit: 1 }, main: end } });
      run.pass();
      assert.equal(run.shown, `a:${is}`);
    });
  }

  it('is told by the runner’s word when the pod says nothing for long', () => {
    const run = new Driven(plan);
    run.pass();
    run.look('a', { created: NOW });
    run.report('a', 'Lost', { reason: 'ContainerLost', message: 'container main ended' });
    run.pass();
    assert.equal(run.last?.requeueAfterMs, 60_000);
    run.after(60).pass();
    assert.equal(run.shown, 'a:Lost/ContainerLost');
  });
});

describe('a user’s container that ended before its loop began', () => {
  const ended = (exit: number): PodLook => ({ containers: { otto: {}, main: { exit, finished: NOW } } });

  for (const { exit, is } of [
    { exit: 0, is: 'Failed/ContainerExited' },
    { exit: 7, is: 'Failed/ContainerExited' },
    { exit: 137, is: 'Lost/ContainerKilled' },
  ]) {
    it(`is told as ${is} (${exit}) though the runner waits for it, and its pod is stopped`, () => {
      const run = new Driven(plan);
      run.pass();
      run.look('a', ended(exit));
      run.pass();
      assert.equal(run.stage('a')?.result, undefined, 'the runner may be about to tell its end');
      assert.equal(run.last?.requeueAfterMs, 20_000);
      const actions = run.after(20).pass();
      assert.equal(run.shown, `a:${is}`);
      assert.ok(actions.some(({ type }) => type === 'StopPod'));
    });
  }

  it('is not judged when the runner has told its end', () => {
    const run = new Driven(plan);
    run.pass();
    run.look('a', ended(0));
    run.report('a', 'Succeeded');
    run.after(60).pass();
    assert.equal(run.shown, 'a:Succeeded');
  });

  it('may be one that a template added', () => {
    const run = new Driven(plan);
    run.pass();
    run.look('a', { containers: { otto: {}, main: {}, helper: { exit: 0, finished: NOW } } });
    run.after(60).pass();
    assert.equal(run.stage('a')?.state, 'Running');
  });
});

describe('a pod that goes away', () => {
  it('is not taken for gone because a cache lacks it', () => {
    const run = new Driven(plan);
    run.pass();
    run.pods.clear();
    run.after(3600).pass();
    assert.equal(run.shown, 'a:Starting');
  });

  it('was deleted from outside when the API server does not know it', () => {
    const run = new Driven(plan);
    run.pass();
    run.gone('a');
    run.pass();
    assert.equal(run.shown, 'a:Lost/PodDeleted');
  });

  it('is told by why it was being deleted', () => {
    const run = new Driven(plan);
    run.pass();
    run.look('a', { deletion: NOW + 80_000, conditions: disruption('PreemptionByScheduler') });
    run.pass();
    assert.equal(run.shown, 'a:Running/Preempted');
    run.gone('a');
    run.pass();
    assert.equal(run.shown, 'a:Lost/Preempted');
  });

  it('was deleted, and is no longer told as being deleted, once it is gone', () => {
    const run = new Driven(plan);
    run.pass();
    run.look('a', { deletion: NOW + 80_000 });
    run.pass();
    assert.match(run.run.status?.message ?? '', /is being deleted from outside/);
    run.gone('a');
    run.pass();
    assert.equal(run.shown, 'a:Lost/PodDeleted');
    assert.match(run.run.status?.message ?? '', /was deleted from outside/);
  });

  it('was deleted from outside though its containers are seen to end first', () => {
    const run = new Driven(plan);
    run.pass();
    run.look('a', { ...OVER, deletion: NOW + 1000 });
    run.report('a', 'Interrupted', { reason: 'Interrupted' });
    run.pass();
    assert.equal(run.shown, 'a:Lost/PodDeleted');
  });

  it('is deleted by force when its node does not end it', () => {
    const run = new Driven(plan);
    run.pass();
    run.look('a', { deletion: NOW + 80_000, conditions: disruption('DeletionByTaintManager') });
    run.pass();
    run.after(110);
    const actions = run.pass();
    assert.equal(run.shown, 'a:Stopping/NodeLost');
    assert.deepEqual(actions, [{ type: 'DeletePod', podName: 'demo-a-1', podUID: 'uid-a-1' }]);
    run.gone('a');
    run.pass();
    assert.equal(run.shown, 'a:Lost/NodeLost');
  });

  for (const how of ['deleted', 'evicted'] as const) {
    it(`keeps the success that it reported when it is ${how} afterwards`, () => {
      const run = new Driven(plan);
      run.pass();
      run.look('a', how === 'evicted' ? { ...OVER, reason: 'Evicted' } : { deletion: NOW + 1000 });
      run.report('a', 'Succeeded');
      if (how === 'deleted') run.gone('a');
      run.pass();
      assert.equal(run.shown, 'a:Succeeded');
    });
  }

  it('keeps the success that its termination message holds, before any symptom', () => {
    const run = new Driven(plan);
    run.pass();
    run.ends('a', 'Succeeded');
    const pod = run.pods.get('uid-a-1');
    assert.ok(pod?.status !== undefined);
    pod.status.phase = 'Failed';
    pod.status.reason = 'Evicted';
    run.pass();
    assert.equal(run.shown, 'a:Succeeded');
  });

  it('was interrupted, if its runner says so and nothing else is seen', () => {
    const run = new Driven(plan);
    run.pass();
    run.ends('a', 'Interrupted', { reason: 'Interrupted' });
    run.pass();
    assert.equal(run.shown, 'a:Lost/Interrupted');
  });
});

describe('reports', () => {
  it('of another attempt or stage are not believed', () => {
    const run = new Driven(plan);
    run.pass();
    run.reports.set('uid-a-1', aReport('a', 'Succeeded', { attempt: 2 }));
    run.pass();
    assert.equal(run.shown, 'a:Starting');
    run.reports.set('uid-a-1', aReport('b', 'Succeeded'));
    run.pass();
    assert.equal(run.shown, 'a:Starting');
  });

  it('that are newer win, whichever way they came', () => {
    const run = new Driven(plan);
    run.pass();
    run.report('a', undefined, { sequence: 3, steps: [{ name: 'one' }] });
    run.ends('a', 'Unstable', { sequence: 4 });
    run.pass();
    assert.equal(run.shown, 'a:Unstable/Unstable');
  });
});
