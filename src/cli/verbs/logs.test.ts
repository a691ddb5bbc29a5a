import assert from 'node:assert/strict';
import { until } from '../../kube/testing/until.ts';
import { aStage, ended, logLine, Otto } from '../testing/otto.ts';

const DONE = {
  startTime: '2026-01-01T12:00:00Z',
  completionTime: '2026-01-01T12:00:09Z',
  result: 'Succeeded',
} as const;
const STEPS = [{ echo: 'hello' }];

describe('otto logs', () => {
  let otto: Otto;

  beforeEach(async () => {
    otto = new Otto();
    await otto.open();
    otto.cluster.pipeline('webapp', {
      stages: [
        { name: 'build', steps: STEPS },
        { name: 'test', steps: STEPS },
      ],
    });
    otto.cluster.run('r');
  });

  afterEach(async () => {
    await otto.close();
  });

  function finished(): void {
    // As it happened, not as it was written.
    otto.cluster.report('r', { ...DONE, stages: [ended('test', 'Succeeded'), ended('build', 'Succeeded')] });
    otto.cluster.log('pod-build').write(logLine('one'), logLine('two')).end();
    otto.cluster.log('pod-test').write(logLine('three')).end();
  }

  it('prints all stages in the order of the Pipeline, each line with its stage', async () => {
    finished();
    assert.equal(await otto.run('logs', 'r'), 0);
    assert.deepEqual(otto.io.out, ['[build] one', '[build] two', '[test] three']);
  });

  it('prints one stage without its name, and only its last lines where so asked', async () => {
    finished();
    assert.equal(await otto.run('logs', 'r', '--stage', 'build', '--tail', '1'), 0);
    assert.deepEqual(otto.io.out, ['two']);
  });

  it('prints the output of one step alone', async () => {
    otto.cluster.report('r', { ...DONE, stages: [ended('build', 'Succeeded')] });
    const lines = [
      'before',
      '##[step 1 start] sh',
      'a',
      '##[step 1 end] Succeeded 0.1s',
      '##[step 2 start] sh',
      'b',
    ];
    otto.cluster
      .log('pod-build')
      .write(...lines.map(logLine))
      .end();
    assert.equal(await otto.run('logs', 'r', '-s', 'build', '--step', '2'), 0);
    assert.deepEqual(otto.io.out, ['b']);
  });

  it('prints the attempt that was asked for', async () => {
    const retried = [
      {
        attempt: 1,
        result: 'Failed' as const,
        reason: 'StepFailed',
        podName: 'pod-1',
        finishTime: DONE.startTime,
      },
    ];
    otto.cluster.report('r', { ...DONE, stages: [ended('build', 'Succeeded', { attempt: 2, retried })] });
    otto.cluster.log('pod-1').write(logLine('first')).end();
    otto.cluster.log('pod-build').write(logLine('second')).end();
    assert.equal(await otto.run('logs', 'r', '-s', 'build', '--attempt', '1'), 0);
    assert.deepEqual(
      otto.io.out,
      ['[build] first'].map((text) => text.replace('[build] ', '')),
    );
  });

  it('takes the newest Run where none is named, and says which on standard error', async () => {
    finished();
    otto.cluster.run('older', { metadata: { name: 'older', creationTimestamp: '2025-01-01T00:00:00Z' } });
    assert.equal(await otto.run('logs'), 0);
    assert.match(otto.err, /Run r, the newest/);
    assert.equal(otto.io.out.length, 3);
  });

  it('follows from stage to stage, also those that have not started, to the end of the Run', async () => {
    const code = otto.run('logs', 'r', '-f', '-s', 'test');
    await until('a watch', () => otto.cluster.watching === 1);
    otto.cluster.report('r', { stages: [aStage('build')] });
    otto.cluster.report('r', { stages: [ended('build', 'Succeeded'), aStage('test')] });
    otto.cluster.log('pod-test').write(logLine('three'));
    await until('the line', () => otto.out === 'three');
    otto.cluster.report('r', { ...DONE, stages: [ended('build', 'Succeeded'), ended('test', 'Succeeded')] });
    otto.cluster.log('pod-test').end();
    assert.equal(await code, 0);
    assert.deepEqual(otto.io.out, ['three']);
    assert.ok(!otto.cluster.requests.some((request) => request.endsWith('/pod-build/log')));
  });

  it('names the nearest stage where there is none of that name', async () => {
    finished();
    assert.equal(await otto.run('logs', 'r', '-s', 'biuld'), 64);
    assert.match(otto.err, /Run 'r' has no stage 'biuld'\. Did you mean 'build'\?/);
  });

  it('says when a log is gone with its pod, and fails where it was the only one', async () => {
    otto.cluster.report('r', { ...DONE, stages: [ended('build', 'Succeeded', { podName: 'gone' })] });
    assert.equal(await otto.run('logs', 'r'), 1);
    assert.match(otto.err, /the log of stage build is gone with its pod gone/);
  });

  it('says what the Run waits for when there is nothing to show', async () => {
    otto.cluster.report('r', { message: 'Pipeline "x" does not exist.' });
    assert.equal(await otto.run('logs', 'r'), 0);
    assert.match(otto.err, /no log of Run r yet: Pipeline "x" does not exist\./);
  });
});
