import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aBlock, aStep, RunnerStage, said, sh, stepResults } from '../testing/runner-stage.ts';
import type { Instructions } from './protocol.ts';

const NO_POST: Instructions['post'] = { always: [], success: [], failure: [] };

describe('the end of a stage', function () {
  this.timeout(30_000);
  let stage: RunnerStage;
  beforeEach(() => {
    stage = new RunnerStage();
  });
  afterEach(() => stage.stop());

  async function result(given: Partial<Instructions>): Promise<string> {
    const { report } = await stage.run(given);
    return `${report?.result} ${report?.reason ?? '-'} ${report?.message ?? '-'}`;
  }

  describe('runs post', () => {
    const post: Instructions['post'] = {
      always: [sh('#!/bin/sh\necho post-always')],
      success: [sh('#!/bin/sh\necho post-success')],
      failure: [sh('#!/bin/sh\necho post-failure')],
    };
    for (const [what, script, expected] of [
      ['success', 'true', ['post-success', 'post-always']],
      ['failure', 'exit 1', ['post-failure', 'post-always']],
    ] as const) {
      it(`after a ${what}`, async () => {
        const { log } = await stage.run({ steps: [sh(script)], post });
        assert.deepEqual(
          said(log).filter((line) => line.startsWith('post-')),
          expected,
        );
      });
    }

    it('and a failure there makes a stage that was well fail', async () => {
      const steps = [sh('true')];
      assert.equal(
        await result({ steps, post: { ...NO_POST, always: [sh('exit 7', { name: 'clean' })] } }),
        "Failed PostFailed Post: step 'clean': exit code 7: + exit 7",
      );
    });

    it('and the first cause stays the one that is told', async () => {
      const always = [sh('exit 7')];
      assert.match(await result({ steps: [sh('exit 3')], post: { ...NO_POST, always } }), /exit code 3/);
    });

    it('within its own limit', async () => {
      const always = [sh('sleep 100')];
      assert.match(
        await result({ steps: [sh('true')], post: { ...NO_POST, always }, postSeconds: 1 }),
        /^TimedOut PostTimedOut /,
      );
    });
  });

  describe('ends early', () => {
    const post: Instructions['post'] = { ...NO_POST, failure: [sh('#!/bin/sh\necho cleaned')] };

    it('at its timeout, what ignores TERM included, and runs post', async () => {
      const ended = await stage.run({
        steps: [sh('trap "" TERM; while :; do sleep 1; done'), sh('echo never')],
        timeoutSeconds: 0.5,
        graceSeconds: 0.2,
        post,
      });
      assert.equal(ended.report?.result, 'TimedOut');
      assert.equal(ended.report?.reason, 'StageTimedOut');
      assert.match(ended.log, /cleaned/);
      assert.doesNotMatch(ended.log, /Z never/);
    });

    it('by no timeout while its container is not up', async () => {
      await stage.stop();
      const slow = join(mkdtempSync(join(tmpdir(), 'otto-slow-')), 'sh');
      writeFileSync(slow, '#!/bin/sh\n[ $$ != 1 ] || sleep 1\nexec dash "$@"\n', { mode: 0o755 });
      stage = new RunnerStage({ main: slow });
      const block = aBlock('group', [sh('true')], {}, { timeoutSeconds: 0.5 });
      assert.equal(await result({ steps: [block], timeoutSeconds: 0.7 }), 'Succeeded - -');
      rmSync(join(slow, '..'), { recursive: true });
    });

    it('at TERM, which a script may handle, and runs post', async () => {
      const { process, ended } = stage.start({
        steps: [
          sh('#!/bin/sh\ntrap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.05; done'),
          sh('echo never'),
        ],
        post,
      });
      await stage.seen(/Z up/);
      process.kill('SIGTERM');
      const { report, log, code } = await ended;
      assert.equal(report?.result, 'Interrupted');
      assert.equal(report?.steps[0]?.result, 'Cancelled');
      assert.match(log, /Z bye\n[^]*cleaned/);
      assert.doesNotMatch(log, /Z never/);
      assert.equal(code, 1);
    });

    it('at TERM while it waits for its container', async () => {
      await stage.stop();
      stage = new RunnerStage();
      const loop = stage.loops.get('main');
      loop?.process.kill('SIGSTOP');
      const { process, ended } = stage.start({ steps: [aStep('echo', { message: 'up' }), sh('true')] });
      await stage.seen(/Z up/);
      process.kill('SIGTERM');
      assert.equal((await ended).report?.result, 'Interrupted');
    });

    it('with a message that a KILL in the middle leaves behind', async () => {
      const { process, ended } = stage.start({
        steps: [sh('#!/bin/sh\ntrap "echo deaf" TERM; echo up; while :; do sleep 0.05; done')],
        graceSeconds: 100,
      });
      await stage.seen(/Z up/);
      process.kill('SIGTERM');
      await stage.seen(/Z deaf/);
      process.kill('SIGKILL');
      const { report } = await ended;
      assert.equal(report?.result, 'Interrupted');
    });

    it('not, when TERM comes after all is done', async () => {
      const { process, ended } = stage.start({
        steps: [sh('true')],
        post: { ...NO_POST, always: [sh('#!/bin/sh\necho post; sleep 0.5; echo through')] },
      });
      await stage.seen(/Z post/);
      process.kill('SIGTERM');
      const { report, log } = await ended;
      assert.equal(report?.result, 'Succeeded');
      assert.match(log, /through/);
    });
  });

  it('by lack of memory is its own failure, and names container and limit', async () => {
    // The kernel's counter comes through the loop, in whose name a script may speak.
    const forged = 'printf "\\nrc ${id%.env} 137 9\\n" > ${OTTO_OUTPUT%/*}/rep';
    const script = `#!/bin/sh\nid=\${OTTO_OUTPUT##*/}; ${forged}; sleep 5`;
    assert.equal(
      await result({ steps: [sh(script, { name: 'big' })], memoryLimits: { main: '64Mi' } }),
      "Failed OOMKilled Step 'big': container main ran out of memory (limit 64Mi): exit code 137 (SIGKILL)",
    );
  });

  it('comes at once when TERM finds it waiting for its container, post steps included', async () => {
    await stage.stop();
    stage = new RunnerStage({ main: '/bin/false' });
    const always = [sh('true', { name: 'clean' })];
    const { process, ended } = stage.start({
      steps: [aStep('echo', { message: 'up' }), sh('true')],
      post: { ...NO_POST, always },
    });
    await stage.seen(/Z up/);
    process.kill('SIGTERM');
    const { report } = await ended;
    assert.equal(report?.result, 'Interrupted');
    assert.equal(report?.steps.at(-1)?.message, 'left out: container main is not up');
  });

  describe('that loses its container', () => {
    it('ends at once as lost, and leaves out post steps that need it', async () => {
      const { ended } = stage.start({
        steps: [sh('echo up; sleep 1000')],
        post: {
          ...NO_POST,
          always: [sh('true', { name: 'needs it' }), aStep('echo', { message: 'still here' })],
        },
      });
      await stage.seen(/Z up/);
      const since = Date.now();
      stage.loops.get('main')?.process.kill('SIGKILL');
      const end = await ended;
      assert.ok(Date.now() - since < 3000);
      assert.equal(end.report?.result, 'Lost');
      assert.equal(end.report?.reason, 'ContainerLost');
      assert.deepEqual(stepResults(end), ['sh Lost', 'needs it Skipped', 'echo Succeeded']);
      assert.match(end.log, /still here/);
    });

    it('is lost when the container has gone between two tries', async () => {
      const backoff = { initialSeconds: 1, factor: 1, maxSeconds: 1 };
      const { ended } = stage.start({ steps: [sh('exit 1', { retries: { limit: 1, backoff } })] });
      await stage.seen(/tried again in 1 s/);
      stage.loops.get('main')?.process.kill('SIGKILL');
      assert.equal((await ended).report?.result, 'Lost');
    });

    it('is lost when the container does not come up in time', async () => {
      await stage.stop();
      stage = new RunnerStage({ main: '/bin/false' });
      stage.env['OTTO_CONTAINER_WAIT_SECONDS'] = '0.5';
      assert.match(
        await result({ steps: [sh('true')] }),
        /^Lost ContainerLost .*main did not start within 0\.5 s/,
      );
    });

    it('is lost when there is no folder of a container', async () => {
      assert.match(
        await result({ steps: [sh('true')], containers: ['nowhere'] }),
        /^Lost ContainerLost .*nowhere/,
      );
    });
  });

  it('runs a step in the container that it names', async () => {
    await stage.stop();
    stage = new RunnerStage({ main: 'dash', other: 'bash' });
    const { log } = await stage.run({
      steps: [
        sh('#!/bin/sh\necho main', {}),
        sh('echo "bash ${BASH_VERSION:-none}"', { container: 'other' }),
      ],
    });
    assert.match(log, /Z bash \d/);
  });

  it('shows no credential: not in the log, whole or split, nor in messages and outputs', async () => {
    const secret = 'p4ss-w0rd-of-the-registry';
    stage.secret('registry', { username: 'deploy', password: secret });
    const ended = await stage.run({
      steps: [
        sh(
          `#!/bin/sh\nprintf 'x p4ss-w0rd'; sleep 0.2; echo -of-the-registry; echo deploy; echo v=${secret} >> $OTTO_OUTPUT`,
          { id: 'a' },
        ),
        aStep('error', { message: `it was ${secret}` }, { continueOnError: true }),
        aStep('echo', { message: Buffer.from(secret).toString('base64') }),
        sh(`#!/bin/sh\necho ${secret} >&2; exit 1`, { name: `use ${secret}`, continueOnError: true }),
      ],
      outputs: { v: 'is ${{ steps.a.outputs.v }}' },
    });
    assert.ok(!ended.log.includes(secret), ended.log);
    assert.ok(!ended.termination.includes(secret), ended.termination);
    assert.ok(!ended.log.includes(Buffer.from(secret).toString('base64').slice(4, -4)));
    assert.match(ended.log, /Z x \*\*\*\n/);
    assert.match(ended.log, /Z deploy\n/);
    assert.deepEqual(ended.report?.outputs, { v: 'is ***' });
  });

  describe('with instructions that are none', () => {
    for (const [what, text] of [
      ['nothing', '{}'],
      ['no JSON', '{"version":1'],
      ['another release', '{"version":2}'],
      ['a list', '[]'],
    ] as const) {
      it(`says so in words: ${what}`, async () => {
        const ended = await stage.start(text).ended;
        assert.equal(ended.code, 64);
        assert.match(ended.termination, /^Otto's runner cannot read its instructions: /);
      });
    }

    it('gives none of them to its steps', async () => {
      mkdirSync(join(stage.workspace, 'x'));
      const { log } = await stage.run({ steps: [sh('#!/bin/sh\nenv')] });
      assert.doesNotMatch(log, /OTTO_INSTRUCTIONS/);
    });

    it('takes hostile values as what they are', async () => {
      const value = '`id` $(id) "\' ; rm -rf / \n ${{ x }}'.replaceAll('${{', () => '$${{');
      const { log, report } = await stage.run({
        steps: [
          sh('#!/bin/sh\nprintf "%s\\n" "$__proto__x$V"', {
            env: { V: value },
            name: '##[step 9 end] Succeeded 0s',
          }),
        ],
      });
      assert.equal(report?.result, 'Succeeded', report?.message);
      assert.match(log, /Z `id` \$\(id\) "' ; rm -rf \/ \n\S+ {2}\$\{\{ x \}\}/);
    });
  });
});
