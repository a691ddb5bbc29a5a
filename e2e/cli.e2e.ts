/** `otto` as a person in front of a cluster uses it, and not at a terminal: what it prints, and how it exits. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Stage } from '../src/api/generated/types.ts';
import type { Run } from '../src/api/run.ts';
import { type Answer, execute } from './kubectl.ts';
import { aPipeline, aRun, PATIENCE_MS, Space } from './space.ts';
import { Stream } from './stream.ts';

const MAIN = join(import.meta.dirname, '../src/cli/main.ts');
const IMAGE = 'busybox:1.36';
const HELD = 'echo begun; until [ -e go ]; do usleep 50000; done 2>/dev/null; echo going on';
const stage = (name: string, script: string, more: Partial<Stage> = {}): Stage => ({
  name,
  image: IMAGE,
  steps: [{ sh: script }],
  ...more,
});

describe('otto', function () {
  this.timeout(PATIENCE_MS + 10_000);
  const space = new Space('cli');
  const line = (args: readonly string[]): string[] => [
    '--no-warnings',
    MAIN,
    ...args,
    '--kubeconfig',
    process.env['OTTO_E2E_KUBECONFIG'] ?? '',
    '--namespace',
    space.namespace,
  ];
  const otto = (...args: string[]): Promise<Answer> => execute(process.execPath, line(args));
  const follow = (...args: string[]): Stream => new Stream(process.execPath, line(args));
  const succeeds = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await otto(...args);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const running = (name: string, at: string): Promise<Run> =>
    space.until(
      name,
      `${at} runs`,
      ({ status }) => status?.stages?.some((one) => one.name === at && one.state === 'Running') === true,
    );
  const followed: Record<string, Promise<{ code: number; stdout: string }>> = {};

  before(async () => {
    await space.start();
    await space.create(
      aPipeline('webapp', {
        description: 'What tests look at',
        params: [
          { name: 'version', description: 'What to build' },
          { name: 'regions', type: 'array', default: ['eu'] },
        ],
        stages: [
          stage('build', 'echo "version=$PARAM_VERSION regions=$PARAM_REGIONS"'),
          stage('test', 'echo tested'),
        ],
        finally: [stage('report', 'echo "result=$OTTO_RUN_RESULT"')],
      }),
      aPipeline('held', { stages: [stage('wait', HELD), stage('after', 'echo after')] }),
      aPipeline('fails', { stages: [stage('bad', 'echo the reason >&2; exit 7')] }),
      aPipeline('slow', { timeout: '2s', stages: [stage('bad', 'sleep 100')] }),
      aPipeline('lost', { stages: [stage('root', 'true', { securityContext: { runAsUser: 0 } })] }),
    );
    for (const [name, ...args] of [
      ['webapp', '-p', 'version=1.4', '-p', 'regions=us', '-p', 'regions=asia'],
      ['fails'],
      ['slow'],
      ['lost'],
    ]) {
      if (name === undefined) continue;
      const stream = follow('start', name, '--name', `f-${name}`, '--follow', ...args);
      followed[name] = stream.ended().then((code) => ({ code, stdout: stream.stdout + stream.stderr }));
    }
  });
  afterEach(async function () {
    await space.explain(this.currentTest);
  });
  after(() => space.stop());

  describe('start --follow', () => {
    it('shows each stage with its output, and exits 0 for Succeeded', async () => {
      const { code, stdout } = (await followed['webapp']) ?? { code: -1, stdout: '' };
      assert.equal(code, 0, stdout);
      assert.match(stdout, /f-webapp/);
      assert.match(stdout, /build.*version=1\.4 regions=\["us","asia"\]/);
      assert.match(stdout, /report.*result=Succeeded/);
      assert.match(stdout, /Succeeded/);
      assert.ok(!stdout.includes('\u001B'), 'it has codes for a terminal');
    });

    for (const [name, exit, says] of [
      ['fails', 1, /bad.*the reason[^]*Failed[^]*exit code 7/],
      ['slow', 1, /TimedOut/],
      ['lost', 4, /Lost[^]*restricted/],
    ] as const) {
      it(`exits ${exit} and says why: ${name}`, async () => {
        const { code, stdout } = (await followed[name]) ?? { code: -1, stdout: '' };
        assert.equal(code, exit, stdout);
        assert.match(stdout, says);
      });
    }

    it('shows a line when it is said, and exits 2 when the Run is cancelled meanwhile', async () => {
      const stream = follow('start', 'held', '--name', 'cancelled', '--follow');
      await stream.says(/wait.*begun/);
      assert.match(await succeeds('cancel', 'cancelled', '--wait'), /cancelled/);
      assert.equal(await stream.ended(), 2, stream.stdout);
      assert.match(stream.stdout, /Cancelled/);
    });

    it('leaves the Run alone at Ctrl-C, and exits 130', async () => {
      const stream = follow('start', 'held', '--name', 'interrupted', '--follow');
      await stream.says(/wait.*begun/);
      stream.stop('SIGINT');
      assert.equal(await stream.ended(), 130);
      assert.match(stream.stderr, /otto logs -f interrupted/);
      await space.letGo(await running('interrupted', 'wait'), 'wait');
      assert.equal((await space.ended('interrupted')).status?.result, 'Succeeded');
    });
  });

  describe('start', () => {
    it('prints the name, for scripts', async () => {
      const name = (await succeeds('start', 'webapp', '-p', 'version=2', '-o', 'name')).trim();
      assert.match(name, /^run\.otto\.dev\/webapp-[a-z0-9]+$/);
      const { code } = await otto('wait', name);
      assert.equal(code, 0);
    });

    it('tells what a Run would be, and creates none, with --dry-run', async () => {
      const run: Run = JSON.parse(
        await succeeds('start', 'webapp', '-p', 'version=3', '--dry-run', '-o', 'json'),
      );
      assert.deepEqual(run.spec.params, { version: '3' });
      assert.equal((await space.call(['get', 'run', run.metadata.name ?? 'none'])).code, 1);
    });

    for (const [what, args, says] of [
      ['a Pipeline that is not there', ['start', 'webap'], /'webap'[^]*webapp/],
      ['an unknown parameter', ['start', 'webapp', '-p', 'versoin=1'], /'versoin'[^]*'version'/],
      ['a missing parameter', ['start', 'webapp'], /version/],
      ['a Run that is not there', ['describe', 'f-webap'], /f-webap/],
      ['a stage that is not there', ['logs', 'f-webapp', '--stage', 'biuld'], /'biuld'[^]*'build'/],
      ['an unknown verb', ['strat', 'webapp'], /start/],
    ] as const) {
      it(`says what is wrong, and what is meant: ${what}`, async () => {
        await followed['webapp'];
        const { code, stderr } = await otto(...args);
        assert.ok(code === 64 || code === 1, `it exited ${code}`);
        assert.match(stderr, says);
      });
    }
  });

  describe('logs', () => {
    it('prints all stages of a Run that has ended, or one', async () => {
      await followed['webapp'];
      const all = await succeeds('logs', 'f-webapp');
      assert.match(all, /version=1\.4[^]*tested[^]*result=Succeeded/);
      const one = await succeeds('logs', 'f-webapp', '--stage', 'test');
      assert.match(one, /^tested$/m);
      assert.doesNotMatch(one, /version=1\.4|result=/);
    });

    it('follows a Run with -f until it ends', async () => {
      await succeeds('start', 'held', '--name', 'logged');
      const stream = follow('logs', '-f', 'logged');
      await stream.says(/begun/);
      assert.equal(space.history('logged').at(-1)?.status?.completionTime, undefined);
      await space.letGo(await running('logged', 'wait'), 'wait');
      assert.equal(await stream.ended(), 0, stream.stderr);
      assert.match(stream.stdout, /begun[^]*going on[^]*after/);
    });
  });

  describe('get and describe', () => {
    before(async () => {
      await Promise.all(Object.values(followed));
    });

    it('list Runs and Pipelines', async () => {
      const runs = await succeeds('get');
      assert.match(runs, /^NAME +PIPELINE +RESULT/);
      assert.match(runs, /^f-fails +fails +Failed +1\/1/m);
      assert.match(await succeeds('get', 'pipelines'), /^webapp +.*What tests look at/m);
    });

    it('print JSON, YAML and names', async () => {
      const run: Run = JSON.parse(await succeeds('get', 'f-webapp', '-o', 'json'));
      assert.equal(run.status?.result, 'Succeeded');
      assert.match(
        await succeeds('get', 'f-webapp', '-o', 'yaml'),
        /^kind: Run$[^]*^ {2}result: Succeeded$/m,
      );
      assert.equal(await succeeds('get', 'f-webapp', '-o', 'name'), 'run.otto.dev/f-webapp\n');
    });

    it('tell all about a Run: the cause first', async () => {
      const text = await succeeds('describe', 'f-fails');
      assert.match(text, /Failed[^]*exit code 7/);
      assert.match(text, /bad/);
      assert.match(await succeeds('describe', 'pipeline/webapp'), /version[^]*What to build/);
    });
  });

  it('pauses and resumes', async () => {
    await space.create(aRun('paused', { pipelineRef: { name: 'held' }, state: 'Paused' }));
    await space.until(
      'paused',
      'Paused',
      ({ status }) => status?.conditions?.some(({ reason }) => reason === 'Paused') === true,
    );
    assert.match(await succeeds('resume', 'paused'), /paused/);
    await space.letGo(await running('paused', 'wait'), 'wait');
    assert.equal((await otto('wait', 'paused', '--timeout', '2m')).code, 0);
  });
});
