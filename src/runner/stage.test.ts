import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { aBlock, aStep, RunnerStage, said, sh, stepResults } from '../testing/runner-stage.ts';
import type { Instructions } from './protocol.ts';

describe('a stage', function () {
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

  describe('runs its steps', () => {
    it('in order, and tells each', async () => {
      const ended = await stage.run({
        steps: [sh('echo one; echo two >&2'), aStep('echo', { message: 'three' })],
      });
      assert.deepEqual(
        said(ended.log).map((line) => line.replace(/ \d\.\ds$/, '')),
        [
          '##[step 1 start] sh',
          '+ echo one',
          'one',
          '+ echo two',
          'two',
          '##[step 1 end] Succeeded',
          '##[step 2 start] echo',
          'three',
          '##[step 2 end] Succeeded',
        ],
      );
      assert.equal(ended.report?.result, 'Succeeded');
      assert.equal(ended.code, 0);
    });

    it('until one fails, and says which and why', async () => {
      const ended = await stage.run({
        steps: [sh('echo "no such thing" >&2; exit 3', { name: 'make' }), sh('echo never')],
      });
      assert.equal(ended.report?.message, "Step 'make': exit code 3: no such thing");
      assert.equal(ended.report?.reason, 'StepFailed');
      assert.deepEqual(stepResults(ended), ['make Failed']);
      assert.equal(ended.report?.steps[0]?.exitCode, 3);
      assert.equal(ended.code, 1);
      assert.doesNotMatch(ended.log, /never/);
    });

    it('and names the signal that ended one', async () => {
      const steps = [sh('#!/bin/sh\nkill -SEGV $$')];
      assert.match(await result({ steps }), /^Failed StepFailed Step 'sh': exit code 139 \(SIGSEGV\)/);
    });

    it('beyond a failure that may be', async () => {
      const ended = await stage.run({ steps: [sh('exit 1', { continueOnError: true }), sh('true')] });
      assert.deepEqual(stepResults(ended), ['sh Failed', 'sh Succeeded']);
      assert.equal(ended.report?.result, 'Succeeded');
    });

    it('and ends with the message of error', async () => {
      const steps = [aStep('error', { message: 'not on Fridays' }), sh('echo never')];
      assert.equal(await result({ steps }), "Failed StepFailed Step 'error': not on Fridays");
    });

    it('in shells that exec away, leave processes behind or close their outputs', async () => {
      const ended = await stage.run({
        steps: [
          sh('exec true'),
          sh('sleep 1000 & echo started'),
          sh('exec >&- 2>&-; true'),
          sh('kill -9 1 || true; echo alive'),
          sh('(while :; do echo flood; done) & true'),
          sh('echo end'),
        ],
      });
      assert.equal(ended.report?.result, 'Succeeded', ended.report?.message);
      assert.match(ended.log, /alive/);
    });

    it('and bounds an endless output, saying so', async () => {
      const ended = await stage.run({
        steps: [sh('#!/bin/sh\nyes | head -c 20000000; echo done > done'), sh('test -e done')],
        limits: { logBytes: 10_000, outputsBytes: 1000 },
      });
      assert.equal(ended.report?.result, 'Succeeded');
      assert.ok(ended.log.length < 12_000, String(ended.log.length));
      assert.match(ended.log, /longer than 10000 bytes: the rest is discarded/);
    });

    it('and takes bytes that are no text', async () => {
      const ended = await stage.run({
        steps: [sh('#!/bin/sh\nhead -c 300000 /dev/urandom; echo; echo end')],
      });
      assert.equal(ended.report?.result, 'Succeeded');
      assert.match(ended.log, /Z end\n/);
    });

    it('in an encoding', async () => {
      const script = "#!/bin/sh\nprintf 'gr\\374n\\n'";
      const { log } = await stage.run({ steps: [aStep('sh', { script, encoding: 'latin1' })] });
      assert.match(log, /grün/);
      await stage.stop();
      stage = new RunnerStage();
      assert.match(
        await result({ steps: [aStep('sh', { script: 'true', encoding: 'klingon' })] }),
        /^Failed .*klingon/,
      );
    });
  });

  describe('hands values on', () => {
    it('from a step to later ones and out of the stage', async () => {
      const ended = await stage.run({
        steps: [
          sh('echo version=1.2 >> "$OTTO_OUTPUT"', { id: 'build' }),
          sh('#!/bin/sh\necho "got $V"', { env: { V: 'v${{ steps.build.outputs.version }}' } }),
          aStep('echo', { message: '$${{ literal }}' }),
        ],
        outputs: { version: 'v${{ steps.build.outputs.version }}' },
      });
      assert.match(ended.log, /Z got v1\.2\n/);
      assert.match(ended.log, /Z \$\{\{ literal \}\}\n/);
      assert.deepEqual(ended.report?.outputs, { version: 'v1.2' });
    });

    it('called as nobody should', async () => {
      const ended = await stage.run({
        steps: [
          sh('echo __proto__=1 >> $OTTO_OUTPUT', { id: '__proto__' }),
          aStep('echo', { message: '<${{ steps.__proto__.outputs.__proto__ }}>' }),
        ],
      });
      assert.match(ended.log, /Z <1>\n/);
    });

    it('of status and standard output', async () => {
      const ended = await stage.run({
        steps: [
          aStep(
            'sh',
            { script: 'echo out; echo err >&2; exit 4', returnStdout: true, returnStatus: true },
            { id: 'a' },
          ),
          aStep('echo', { message: '<${{ steps.a.outputs.stdout }}|${{ steps.a.outputs.status }}>' }),
        ],
      });
      assert.match(ended.log, /Z <out\|4>\n/);
      assert.match(ended.log, /Z err\n/);
      assert.doesNotMatch(ended.log, /Z out\n/);
    });

    it('of env: the step before the block before the stage', async () => {
      const ended = await stage.run({
        env: { A: 'stage', B: 'stage', C: 'stage' },
        steps: [
          aBlock(
            'group',
            [sh('#!/bin/sh\necho "$A $B $C"', { env: { A: 'step ${{ env.B }}' } })],
            {},
            { env: { A: 'block', B: 'block' } },
          ),
        ],
      });
      assert.match(ended.log, /Z step block block stage\n/);
    });

    it('and fails, rather than cut, when outputs are too long', async () => {
      const given = {
        steps: [
          sh('#!/bin/sh\nprintf big= >>$OTTO_OUTPUT; head -c 5000 /dev/zero | tr "\\0" x >>$OTTO_OUTPUT', {
            id: 'a',
          }),
        ],
        outputs: { big: '${{ steps.a.outputs.big }}' },
      };
      assert.match(
        await result(given),
        /^Failed OutputsTooLong The outputs of the stage take \d+ bytes, at most 2048/,
      );
    });

    it('and says which expression cannot be evaluated', async () => {
      const steps = [aStep('echo', { message: '${{ steps.nope.outputs.x }}' })];
      assert.match(await result({ steps }), /^Failed InvalidExpression Step 'echo': In 'steps\.nope/);
    });
  });

  describe('leaves steps out', () => {
    it('whose `if` does not hold, whatever their env is', async () => {
      const ended = await stage.run({
        steps: [
          sh('exit 1', { id: 'a', continueOnError: true }),
          sh('echo never', {
            if: "steps.a.result == 'Succeeded'",
            env: { X: '${{ steps.a.outputs.gone }}' },
          }),
          sh('echo ran', { if: "steps.a.result == 'Failed' && env.Y == 'y'", env: { Y: 'y' } }),
        ],
      });
      assert.deepEqual(stepResults(ended), ['sh Failed', 'sh Skipped', 'sh Succeeded']);
    });

    it('and fails when an `if` cannot be evaluated', async () => {
      assert.match(
        await result({ steps: [sh('true', { if: 'steps.a.result' })] }),
        /^Failed InvalidExpression .*if: /,
      );
    });
  });

  describe('tries a step again', () => {
    it('until it succeeds', async () => {
      const backoff = { initialSeconds: 0.01, factor: 2, maxSeconds: 1 };
      const ended = await stage.run({
        steps: [
          sh('#!/bin/sh\necho x >> tries; test $(wc -l < tries) = 3', { retries: { limit: 5, backoff } }),
        ],
      });
      assert.equal(ended.report?.result, 'Succeeded');
      assert.match(ended.log, /try 2 of 6: exit code 1; tried again in 0\.02 s/);
    });

    it('as often as it is told, each try with its own timeout', async () => {
      const backoff = { initialSeconds: 0, factor: 1, maxSeconds: 0 };
      const steps = [
        sh('echo x >> tries; exec sleep 100', { timeoutSeconds: 0.3, retries: { limit: 1, backoff } }),
      ];
      assert.equal(
        await result({ steps }),
        "TimedOut StepTimedOut Step 'sh': ended by its timeout of 0.3 s (the last of 2 tries)",
      );
    });

    it('with its whole block', async () => {
      const backoff = { initialSeconds: 0, factor: 1, maxSeconds: 0 };
      const ended = await stage.run({
        steps: [
          aBlock(
            'group',
            [sh('echo x >> tries'), sh('#!/bin/sh\ntest $(wc -l < tries) = 2')],
            {},
            { retries: { limit: 3, backoff } },
          ),
        ],
      });
      assert.equal(ended.report?.result, 'Succeeded');
      assert.deepEqual(stepResults(ended), ['group Succeeded', 'sh Succeeded', 'sh Succeeded']);
    });
  });

  describe('runs blocks', () => {
    it('in their folder, which is made', async () => {
      const { log } = await stage.run({
        steps: [
          aBlock('dir', [aBlock('dir', [sh('#!/bin/sh\npwd')], { directory: 'c' })], { directory: 'a/b' }),
          sh('#!/bin/sh\npwd'),
        ],
      });
      assert.match(log, new RegExp(`Z ${stage.workspace}/a/b/c\n`));
      assert.match(log, new RegExp(`Z ${stage.workspace}\n`));
    });

    for (const [what, directory] of [
      ['upwards', '../x'],
      ['elsewhere', '/etc'],
      ['by a link', 'link/x'],
    ] as const) {
      it(`never outside of the workspace: ${what}`, async () => {
        symlinkSync('/tmp', join(stage.workspace, 'link'));
        assert.match(
          await result({ steps: [aBlock('dir', [sh('echo never')], { directory })] }),
          /^Failed StepFailed .*(leaves the workspace|is a symbolic link)/,
        );
        assert.doesNotMatch(stage.log, /never/);
      });
    }

    it('and ends all of a block at its timeout', async () => {
      const ended = await stage.run({
        steps: [
          aBlock(
            'group',
            [sh('sleep 100', { continueOnError: true }), sh('echo never')],
            {},
            { timeoutSeconds: 0.3, name: 'both' },
          ),
        ],
      });
      assert.equal(ended.report?.result, 'TimedOut');
      assert.deepEqual(stepResults(ended), ['both TimedOut', 'sh TimedOut']);
    });
  });
});
