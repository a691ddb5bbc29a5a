import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PipelineSpec } from '../../api/pipeline.ts';
import type { RunResult } from '../../api/run.ts';
import { until } from '../../kube/testing/until.ts';
import { aStage, ended, logLine, Otto } from '../testing/otto.ts';

const STEPS = [{ echo: 'hello' }];
const WEBAPP: PipelineSpec = {
  params: [
    { name: 'version' },
    { name: 'dryRun', type: 'boolean', default: false },
    { name: 'replicas', type: 'number', default: 1 },
    { name: 'regions', type: 'array', default: [] },
  ],
  stages: [
    { name: 'build', steps: STEPS },
    { name: 'test', steps: STEPS },
  ],
};
const DONE = { startTime: '2026-01-01T12:00:00Z', completionTime: '2026-01-01T12:00:09Z' };

describe('otto start', () => {
  let otto: Otto;

  beforeEach(async () => {
    otto = new Otto();
    await otto.open();
    otto.cluster.pipeline('webapp', WEBAPP);
  });

  afterEach(async () => {
    await otto.close();
  });

  const created = (): boolean => otto.cluster.requests.some((request) => request.startsWith('POST'));

  it('creates a Run with parameters of the declared types, labelled with its Pipeline', async () => {
    const flags = [
      '-p',
      'version=1.4',
      '-p',
      'dryRun=true',
      '-p',
      'replicas=3',
      '-p',
      'regions=eu',
      '-p',
      'regions=us',
    ];
    assert.equal(await otto.run('start', 'webapp', ...flags, '--branch', 'main'), 0);
    const [run] = otto.cluster.runs();
    assert.deepEqual(run?.spec, {
      pipelineRef: { name: 'webapp' },
      params: { version: '1.4', dryRun: true, replicas: 3, regions: ['eu', 'us'] },
      source: { branch: 'main' },
    });
    assert.equal(run.metadata.labels?.['otto.dev/pipeline'], 'webapp');
    assert.equal(otto.out, 'run.otto.dev/webapp-x1 created');
  });

  it('says all that is wrong with parameters and creates nothing', async () => {
    assert.equal(await otto.run('start', 'webapp', '-p', 'dryRun=perhaps', '-p', 'verison=1'), 64);
    assert.match(otto.err, /'dryRun' must be true or false/);
    assert.match(otto.err, /no parameter 'verison'\. Did you mean 'version'\?/);
    assert.match(otto.err, /'version' has no default and must be given/);
    assert.equal(created(), false);
  });

  it('reads parameters from a file, and lets -p win', async () => {
    const file = join(otto.folder, 'params.yaml');
    await writeFile(file, 'version: "1.4"\nregions: [eu]\nreplicas: 2\n');
    assert.equal(await otto.run('start', 'webapp', '--params-file', file, '-p', 'replicas=5'), 0);
    assert.deepEqual(otto.cluster.runs()[0]?.spec.params, { version: '1.4', regions: ['eu'], replicas: 5 });
  });

  it('takes a value that starts with @ or holds = as it is', async () => {
    assert.equal(await otto.run('start', 'webapp', '-p', 'version=@scope/x=1'), 0);
    assert.deepEqual(otto.cluster.runs()[0]?.spec.params, { version: '@scope/x=1' });
  });

  it('names the nearest Pipeline where there is none of that name', async () => {
    assert.equal(await otto.run('start', 'webap'), 1);
    assert.match(otto.err, /there is no Pipeline 'webap' in namespace 'shop'\. Did you mean 'webapp'\?/);
  });

  it('does not start a Pipeline that cannot work, and says why', async () => {
    const ready = {
      type: 'Ready',
      status: 'False',
      reason: 'Invalid',
      message: 'spec.stages[0]: no image.',
    } as const;
    const conditions = [{ ...ready, lastTransitionTime: '2026-01-01T12:00:00Z', observedGeneration: 1 }];
    otto.cluster.pipeline('broken', { stages: [] }, { conditions });
    assert.equal(await otto.run('start', 'broken'), 1);
    assert.match(otto.err, /Pipeline 'broken' cannot be run: spec\.stages\[0\]: no image\./);
    assert.equal(created(), false);
  });

  it('prints with --dry-run what it would create, and creates nothing', async () => {
    assert.equal(await otto.run('start', 'webapp', '-p', 'version=1', '--dry-run'), 0);
    assert.match(otto.out, /^kind: Run$/m);
    assert.match(otto.out, /version: "1"/);
    assert.equal(created(), false);
  });

  it('says what to do when the name is taken', async () => {
    otto.cluster.run('mine');
    assert.equal(await otto.run('start', 'webapp', '-p', 'version=1', '--name', 'mine'), 1);
    assert.match(otto.err, /there is a Run 'mine' in namespace 'shop' already/);
  });

  describe('--follow', () => {
    const follow = (...more: string[]): Promise<number> =>
      otto.run('start', 'webapp', '-p', 'version=1', '--name', 'r', '--follow', ...more);
    const watched = (): Promise<void> => until('a watch', () => otto.cluster.watching === 1);

    it("shows each stage with its log before its end, then the Run's result", async () => {
      const code = follow();
      await watched();
      otto.cluster.report('r', { startTime: DONE.startTime, stages: [aStage('build')] });
      otto.cluster.log('pod-build').write(logLine('##[step 1 start] compile'), logLine('compiling'));
      await until('the log', () => otto.out.includes('compiling'));
      const stages = [ended('build', 'Succeeded'), aStage('test', { state: 'Starting' })];
      otto.cluster.report('r', { startTime: DONE.startTime, stages });
      otto.cluster.log('pod-build').write(logLine('##[step 1 end] Succeeded 0.3s')).end();
      otto.cluster.log('pod-test').write(logLine('it is red')).end();
      const message = 'Stage "test" failed: red';
      otto.cluster.report('r', {
        ...DONE,
        result: 'Failed',
        message,
        stages: [
          ended('build', 'Succeeded'),
          ended('test', 'Failed', { message: 'red', steps: [{ name: 'sh' }] }),
        ],
      });
      assert.equal(await code, 1);
      assert.deepEqual(otto.io.out, [
        'Run r in namespace shop',
        '● build Running',
        '[build] ▸ 1 compile',
        '[build] compiling',
        '[build] ✓ 1 Succeeded in 0.3s',
        '✓ build Succeeded in 2s',
        '◌ test Starting',
        '[test] it is red',
        '✗ test Failed in 2s — red',
        '✗ r Failed in 9s',
        `  ${message}`,
      ]);
    });

    const codes: [RunResult, number][] = [
      ['Succeeded', 0],
      ['Failed', 1],
      ['TimedOut', 1],
      ['Aborted', 2],
      ['Cancelled', 2],
      ['Unstable', 3],
      ['Lost', 4],
    ];
    for (const [result, expected] of codes) {
      it(`exits with ${expected} when the Run ended ${result}`, async () => {
        const code = follow();
        await watched();
        otto.cluster.report('r', { ...DONE, result });
        assert.equal(await code, expected);
      });
    }

    it('survives a cut connection and a history that is gone', async () => {
      const code = follow();
      await watched();
      otto.cluster.cutWatches();
      otto.cluster.report('r', { stages: [aStage('build')] });
      await until('the stage', () => otto.out.includes('● build Running'));
      await watched();
      otto.cluster.cutWatches();
      otto.cluster.report('r', { stages: [ended('build', 'Skipped')] });
      otto.cluster.compact();
      await until('the end', () => otto.out.includes('- build Skipped'));
      otto.cluster.report('r', { ...DONE, result: 'Succeeded' });
      assert.equal(await code, 0);
      assert.match(otto.err, /the connection to the API server is lost, trying again/);
    });

    it('waits for a log that the kubelet does not know of yet', async () => {
      otto.cluster.log('pod-build').notStarted();
      const code = follow();
      await watched();
      const steps = [{ name: 'sh' }];
      otto.cluster.report('r', {
        ...DONE,
        result: 'Succeeded',
        stages: [ended('build', 'Succeeded', { steps })],
      });
      const asked = (): boolean =>
        otto.cluster.requests.some((request) => request.endsWith('/pod-build/log'));
      await until('a question', asked);
      otto.cluster.log('pod-build').write(logLine('late')).end();
      assert.equal(await code, 0);
      assert.deepEqual(otto.io.out.slice(1, 3), ['[build] late', '✓ build Succeeded in 2s']);
    });

    it('shows the logs of a stage that was tried again, each attempt by its number', async () => {
      otto.cluster.log('pod-1').write(logLine('first')).end();
      otto.cluster.log('pod-2').write(logLine('second')).end();
      const code = follow();
      await watched();
      const retried = [
        {
          attempt: 1,
          result: 'Lost' as const,
          reason: 'NodeLost',
          podName: 'pod-1',
          finishTime: DONE.startTime,
        },
      ];
      const stages = [ended('build', 'Succeeded', { attempt: 2, podName: 'pod-2', retried })];
      otto.cluster.report('r', { ...DONE, result: 'Succeeded', stages });
      assert.equal(await code, 0);
      assert.deepEqual(otto.io.out.slice(1, -1).sort(), [
        '[build#2] second',
        '[build] first',
        '✓ build Succeeded attempt 2 in 2s',
      ]);
    });

    it('lets the Run go on at Ctrl-C, says how to follow and how to cancel it, and exits with 130', async () => {
      const code = follow();
      await watched();
      otto.io.interrupt();
      assert.equal(await code, 130);
      assert.match(otto.err, /otto logs -f r .*otto cancel r/);
      assert.equal(otto.cluster.runs()[0]?.spec.state, undefined);
    });

    it('ends when the Run is deleted', async () => {
      const code = follow();
      await watched();
      otto.cluster.remove('r');
      assert.equal(await code, 1);
      assert.match(otto.err, /Run 'r' was deleted/);
    });

    it('leaves standard output to the object that -o asks for', async () => {
      const code = follow('-o', 'json');
      await watched();
      otto.cluster.report('r', { ...DONE, result: 'Unstable' });
      assert.equal(await code, 3);
      assert.equal(JSON.parse(otto.out).status.result, 'Unstable');
      assert.match(otto.err, /r Unstable/);
    });

    it('draws a tree on a terminal, and shows the last words of what failed', async () => {
      otto.io.isTerminal = true;
      otto.cluster.log('pod-build').write(logLine('the compiler is sad')).end();
      const code = follow();
      await watched();
      otto.cluster.report('r', {
        ...DONE,
        result: 'Failed',
        stages: [ended('build', 'Failed', { steps: [] })],
      });
      otto.cluster.report('r', {
        ...DONE,
        result: 'Failed',
        stages: [ended('build', 'Failed', { steps: [] })],
      });
      assert.equal(await code, 1);
      const last = otto.io.frames.at(-1) ?? '';
      assert.match(last, /✗ r Failed in 9s/);
      assert.match(last, /✗ build {2}Failed/);
      assert.match(last, /○ test {3}Waiting/);
      assert.match(otto.out, /Last lines of build:\n {2}the compiler is sad/);
    });
  });
});
