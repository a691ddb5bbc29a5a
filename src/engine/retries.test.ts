import assert from 'node:assert/strict';
import { aPlan, aStage } from '../testing/engine/builders.ts';
import { Driven } from '../testing/engine/driven.ts';

const EVICTED = { phase: 'Failed', reason: 'Evicted', containers: null } as const;

describe('retries', () => {
  it('come after a wait that grows, derived from when attempts ended', () => {
    const run = new Driven(
      aPlan([aStage('a', { retries: { limit: 2, backoff: { initial: '10s', factor: 3 } } })]),
    );
    run.pass();
    run.after(5);
    run.report('a', 'Failed', { message: 'exit code 2' });
    const actions = run.pass();
    assert.equal(run.shown, 'a:Retrying');
    assert.deepEqual(
      actions.map((action) => (action.type === 'Event' ? action.reason : action.type)),
      ['StageRetried'],
    );
    assert.equal(run.last?.requeueAfterMs, 5000, 'counted from the end that was reported');
    run.after(5).pass();
    assert.equal(run.createdNames, 'a#1 a#2');
    run.report('a', 'Failed');
    run.pass();
    run.after(30).pass();
    run.report('a', 'Failed');
    run.pass();
    assert.equal(run.shown, 'a:Failed/Failed');
    assert.deepEqual(
      run.stage('a')?.retried?.map(({ attempt, podName }) => `${attempt} ${podName}`),
      ['1 demo-a-1', '2 demo-a-2'],
    );
    assert.equal(run.stage('a')?.attempt, 3);
  });

  it('happen only for the results that they are for', () => {
    const run = new Driven(aPlan([aStage('a', { retries: { limit: 2, results: ['TimedOut'] } })]));
    run.pass();
    run.report('a', 'Failed');
    run.pass();
    assert.equal(run.shown, 'a:Failed/Failed');
  });

  it('never happen for a stage that was aborted', () => {
    const run = new Driven(aPlan([aStage('a', { retries: { limit: 2 } })]));
    run.pass();
    run.report('a', 'Aborted');
    run.pass();
    assert.equal(run.run.status?.result, 'Aborted');
  });

  it('for infrastructure have a budget of their own, which failures do not spend', () => {
    const run = new Driven(aPlan([aStage('a', { retries: { limit: 1, infrastructure: 1 } })]));
    run.pass();
    run.look('a', EVICTED);
    run.pass();
    run.after(60).pass();
    run.report('a', 'Failed');
    run.pass();
    assert.equal(run.shown, 'a:Retrying');
    run.after(60).pass();
    run.look('a', { ...EVICTED, attempt: 3 });
    run.pass();
    assert.equal(run.shown, 'a:Lost/Evicted');
    assert.equal(run.createdNames, 'a#1 a#2 a#3');
  });

  it('are not made for what was waited for already', () => {
    const run = new Driven(aPlan([aStage('a')]));
    run.pass();
    run.look('a', { phase: 'Pending', containers: { main: { waiting: 'ImagePullBackOff' } } });
    run.after(601).pass();
    run.look('a', { phase: 'Pending', containers: { main: { waiting: 'ImagePullBackOff' } }, created: 0 });
    run.pass();
    run.gone('a');
    run.pass();
    assert.equal(run.shown, 'a:Lost/ImagePullFailed');
  });

  it('find a pod again that was created before the operator died', () => {
    const run = new Driven(aPlan([aStage('a', { retries: { limit: 1, backoff: { initial: '1s' } } })]));
    run.pass();
    run.look('a', { attempt: 2 });
    run.ends('a', 'Failed', { attempt: 1 });
    run.after(10).pass();
    assert.equal(run.createdNames, 'a#1');
    assert.equal(run.shown, 'a:Running');
    assert.equal(run.stage('a')?.attempt, 2);
  });

  it('do not stop a pod of a later attempt than the one that is recorded', () => {
    const run = new Driven(aPlan([aStage('a')]));
    run.pass();
    run.look('a', { attempt: 2 });
    assert.deepEqual(run.pass(), []);
  });
});

describe('a pod whose stage has ended', () => {
  it('may take a minute for its farewell and is stopped then', () => {
    const run = new Driven(aPlan([aStage('a'), aStage('b')]));
    run.pass();
    run.look('a');
    run.report('a', 'Succeeded');
    assert.deepEqual(run.pass(), []);
    assert.equal(run.last?.requeueAfterMs, 60_000);
    run.after(60);
    assert.deepEqual(run.pass(), [{ type: 'StopPod', podName: 'demo-a-1', podUID: 'uid-a-1' }]);
  });

  it('is left alone when it has ended', () => {
    const run = new Driven(aPlan([aStage('a')]));
    run.pass();
    run.ends('a', 'Succeeded');
    run.pass();
    run.after(3600);
    assert.deepEqual(run.pass(), []);
  });
});
