import assert from 'node:assert/strict';
import type { StepStatus } from '../api/run.ts';
import { validateRun } from '../api/validate.ts';
import { anInput, aPlan, aReport, aRun, aStage, NOW } from '../testing/engine/builders.ts';
import { Driven } from '../testing/engine/driven.ts';
import { decide } from './decide.ts';
import { formatTime } from './time.ts';

const condition = (run: Driven, type: string): string | undefined => {
  const found = run.run.status?.conditions?.find((condition) => condition.type === type);
  return found && `${found.status}/${found.reason}`;
};

/** As kstatus reads a resource whose kind it does not know (cli-utils, checkGenericProperties). */
function kstatus({ run }: Driven): string {
  const { observedGeneration, conditions = [] } = run.status ?? {};
  if (observedGeneration !== run.metadata.generation) return 'InProgress';
  for (const { type, status } of conditions) {
    if (type === 'Reconciling' && status === 'True') return 'InProgress';
    if (type === 'Stalled' && status === 'True') return 'Failed';
  }
  return 'Current';
}

describe('conditions', () => {
  it('are Unknown until the end, and kstatus reads a Run that goes on as in progress', () => {
    const run = new Driven(aPlan([aStage('a')]));
    run.pass();
    assert.equal(condition(run, 'Succeeded'), 'Unknown/Running');
    assert.equal(kstatus(run), 'InProgress');
  });

  for (const { reported, is, reads } of [
    { reported: 'Succeeded', is: 'True/Succeeded', reads: 'Current' },
    { reported: 'Unstable', is: 'True/Unstable', reads: 'Current' },
    { reported: 'Failed', is: 'False/Failed', reads: 'Failed' },
    { reported: 'Aborted', is: 'False/Aborted', reads: 'Failed' },
    { reported: 'TimedOut', is: 'False/TimedOut', reads: 'Failed' },
  ] as const) {
    it(`are ${is} at the end of a Run that ended as ${reported}, which kstatus reads as ${reads}`, () => {
      const run = new Driven(aPlan([aStage('a')]));
      run.pass();
      run.after(7).report('a', reported);
      run.pass();
      assert.equal(condition(run, 'Succeeded'), is);
      assert.equal(kstatus(run), reads);
      assert.equal(run.run.status?.conditions?.[0]?.lastTransitionTime, formatTime(NOW + 7000));
    });
  }

  it('say of a Run that an edit was seen, also after its end', () => {
    const run = new Driven(aPlan([aStage('a')]));
    run.pass();
    run.report('a', 'Succeeded');
    run.pass();
    run.run = { ...run.run, metadata: { ...run.run.metadata, generation: 2 } };
    assert.equal(kstatus(run), 'InProgress');
    run.pass();
    assert.equal(kstatus(run), 'Current');
  });
});

describe('the message of a Run', () => {
  it('is the first cause, not what came of it', () => {
    const run = new Driven(aPlan([{ name: 'g', parallel: [aStage('x'), aStage('y')] }]));
    run.pass();
    run.after(1).report('y', 'Failed', { message: 'the cause', finishTime: formatTime(run.now) });
    run.pass();
    run.after(9).report('x', 'Failed', { message: 'a consequence', finishTime: formatTime(run.now) });
    run.pass();
    assert.equal(run.run.status?.message, 'Stage "y" failed: the cause');
  });

  it('does not speak of what was allowed to fail, or is only unstable where another failed', () => {
    const run = new Driven(
      aPlan([{ name: 'g', parallel: [aStage('x', { allowFailure: true }), aStage('y'), aStage('z')] }]),
    );
    run.pass();
    run.report('x', 'Failed', { message: 'allowed' });
    run.report('y', 'Unstable', { message: '1 of 9 tests failed' });
    run.report('z', 'Failed', { message: 'the cause' });
    run.pass();
    assert.equal(run.run.status?.message, 'Stage "z" failed: the cause');
  });
});

describe('writes', () => {
  it('may wait when only steps went on, and not when a stage ended', () => {
    const run = new Driven(aPlan([aStage('a')]));
    run.pass();
    assert.equal(run.last?.urgent, true);
    run.report('a', undefined, { steps: [{ name: 'one' }] });
    run.pass();
    assert.equal(run.shown, 'a:Running');
    assert.equal(run.last?.urgent, false);
    run.report('a', 'Succeeded', { steps: [{ name: 'one', result: 'Succeeded' }] });
    run.pass();
    assert.equal(run.last?.urgent, true);
  });

  it('leave stages that did not change the same objects', () => {
    const run = new Driven(aPlan([{ name: 'g', parallel: [aStage('x'), aStage('y')] }]));
    run.pass();
    const [x] = run.run.status?.stages ?? [];
    run.report('y', undefined, { steps: [{ name: 'one' }] });
    run.pass();
    assert.equal(run.run.status?.stages?.[0], x);
  });
});

describe('the size of a Run', () => {
  const steps = (bad: boolean): StepStatus[] =>
    ['Install what it needs', 'Build', 'Run all tests'].map((name, i) => ({
      name,
      result: bad && i === 2 ? ('Failed' as const) : ('Succeeded' as const),
      exitCode: bad && i === 2 ? 2 : 0,
      startTime: '2026-03-01T12:00:01.123Z',
      finishTime: '2026-03-01T12:00:02.456Z',
      ...(bad && i === 2 ? { message: 'x'.repeat(4000) } : {}),
    }));

  it('of three stages with three steps is under 3,000 bytes', () => {
    const run = new Driven(aPlan([aStage('build'), aStage('test'), aStage('deploy')]));
    run.pass();
    for (const name of ['build', 'test', 'deploy']) {
      run.after(1).report(name, 'Succeeded', { steps: steps(false) });
      run.pass();
    }
    assert.equal(run.run.status?.result, 'Succeeded');
    const bytes = Buffer.byteLength(JSON.stringify(run.run));
    assert.ok(bytes < 2700, `${bytes} bytes`);
  });

  it('of 2,000 stages that all fail with long messages is under 1 MiB and valid', () => {
    const stages = Array.from({ length: 2000 }, (_, i) =>
      aStage(`stage-with-a-name-of-some-length-${i}`, { needs: [], retries: { infrastructure: 2 } }),
    );
    const run = new Driven(aPlan(stages));
    run.more = {
      config: { pendingLimitSeconds: 600, pipelineLimitSeconds: 300, maxPodsPerRun: 2000, postSeconds: 60 },
    };
    run.pass();
    for (const { name } of stages) {
      const outputs = { big: 'y'.repeat(3000), version: '1.2.3' };
      run.report(name, 'Failed', { steps: steps(true), message: 'x'.repeat(4000), outputs });
    }
    run.pass();
    assert.equal(run.run.status?.result, 'Failed');
    const bytes = Buffer.byteLength(JSON.stringify(run.run));
    assert.ok(bytes < 1_048_576, `${bytes} bytes`);
    assert.ok('run' in validateRun(run.run));
  });
});

describe('a decision', () => {
  it('about 2,000 stages takes less than 10 ms', () => {
    const stages = Array.from({ length: 2000 }, (_, i) =>
      aStage(`s${i}`, i % 10 === 0 ? {} : { needs: [`s${i - 1}`] }),
    );
    const plan = aPlan(stages);
    const status = {
      startTime: formatTime(NOW),
      stages: stages.slice(0, 1990).map(({ name }) => ({
        name,
        state: 'Finished' as const,
        result: 'Succeeded' as const,
        attempt: 1,
        finishTime: formatTime(NOW),
      })),
    };
    const input = anInput(plan, { run: aRun({}, status) });
    decide(input);
    const times: number[] = [];
    for (let i = 0; i < 15; i++) {
      const started = performance.now();
      const decision = decide(input);
      times.push(performance.now() - started);
      assert.equal(decision.actions.filter(({ type }) => type === 'CreatePod').length, 1);
    }
    const best = Math.min(...times);
    assert.ok(best < 10, `${best} ms`);
  });

  it('shows the reports of a runner whose clock is wrong within the time that has passed', () => {
    const run = new Driven(aPlan([aStage('a')]));
    run.pass();
    run.after(10);
    run.reports.set('uid-a-1', aReport('a', 'Succeeded', { finishTime: formatTime(NOW + 3_600_000) }));
    run.pass();
    assert.equal(run.stage('a')?.finishTime, formatTime(NOW + 10_000));
  });
});
