import assert from 'node:assert/strict';
import { aPlan, aStage, NOW } from '../testing/engine/builders.ts';
import { Driven } from '../testing/engine/driven.ts';
import { decide } from './decide.ts';

describe('a Run that goes well', () => {
  it('runs its stages in order, records each pod when it is seen, and ends as Succeeded', () => {
    const run = new Driven(aPlan([aStage('a'), aStage('b'), aStage('c')]));
    run.pass();
    assert.equal(run.createdNames, 'a#1');
    assert.equal(run.shown, 'a:Starting');
    assert.equal(run.stage('a')?.podName, 'demo-a-1');
    assert.equal(run.run.status?.current, 'a');
    for (const name of ['a', 'b', 'c']) {
      run.after(1).report(name);
      run.pass();
      run.report(name, 'Succeeded');
      run.pass();
    }
    const { status } = run.run;
    assert.equal(run.createdNames, 'a#1 b#1 c#1');
    assert.equal(status?.result, 'Succeeded');
    assert.equal(status?.progress, '3/3');
    assert.equal(status?.duration, '3s');
    assert.deepEqual(status?.counts, { Succeeded: 3 });
    assert.equal(status?.startTime, '2026-03-01T12:00:00Z');
    assert.equal(run.last?.actions.length, 0);
  });

  it('starts the next stage by the report alone, before the kubelet has noticed', () => {
    const run = new Driven(aPlan([aStage('a'), aStage('b')]));
    run.pass();
    run.look('a', {});
    run.report('a', 'Succeeded');
    run.pass();
    assert.equal(run.shown, 'a:Succeeded b:Starting');
  });

  it('ends the same with the direct channel cut', () => {
    const run = new Driven(aPlan([aStage('a')]));
    run.pass();
    run.ends('a', 'Succeeded');
    run.pass();
    assert.equal(run.run.status?.result, 'Succeeded');
  });

  it('is decided without touching what was given, and alike each time', () => {
    const run = new Driven(aPlan([aStage('a', { retries: { limit: 1 } }), aStage('b')]));
    run.pass();
    run.ends('a', 'Failed', { steps: [{ name: 'make', result: 'Failed', message: 'exit code 2' }] });
    const input = deepFreeze(run.input());
    assert.deepEqual(decide(input), decide(input));
  });

  it('changes nothing when nothing has changed', () => {
    const run = new Driven(aPlan([aStage('a'), aStage('b')]));
    run.pass();
    const before = run.run.status;
    run.after(5).pass();
    assert.equal(run.run.status, before);
  });
});

describe('a stage that fails', () => {
  it('ends the Run as Failed with its message, and skips what needs it', () => {
    const run = new Driven(aPlan([aStage('a'), aStage('b'), aStage('c')]));
    run.pass();
    run.report('a', 'Failed', { message: 'step "make": exit code 2' });
    run.pass();
    assert.equal(run.shown, 'a:Failed/Failed b:Skipped/NeedFailed c:Skipped/NeedFailed');
    assert.equal(run.run.status?.result, 'Failed');
    assert.equal(run.run.status?.message, 'Stage "a" failed: step "make": exit code 2');
    assert.equal(run.stage('b')?.message, 'It needs "a", which did not end well.');
  });

  it('does not stop the Run where it is allowed to fail', () => {
    const run = new Driven(aPlan([aStage('a', { allowFailure: true }), aStage('b')]));
    run.pass();
    run.report('a', 'Failed');
    run.pass();
    run.report('b', 'Succeeded');
    run.pass();
    assert.equal(run.shown, 'a:Failed/Failed b:Succeeded');
    assert.equal(run.run.status?.result, 'Succeeded');
  });

  it('is followed by finally, which knows the result', () => {
    const run = new Driven(aPlan([aStage('a')], { finally: [aStage('f'), aStage('g')] }));
    run.pass();
    run.report('a', 'Failed');
    run.pass();
    assert.equal(run.createdNames, 'a#1 f#1');
    assert.equal(run.created[1]?.instance.scope.run.result, 'Failed');
    run.report('f', 'Failed');
    run.pass();
    run.report('g', 'Succeeded');
    run.pass();
    assert.equal(run.createdNames, 'a#1 f#1 g#1');
    assert.equal(run.run.status?.result, 'Failed');
    assert.equal(run.now, NOW);
  });
});

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
