/** How scripts end and what they say: exit codes, signals, output of all kinds. */
import assert from 'node:assert/strict';
import type { RunResult, Step } from '../src/api/generated/types.ts';
import { anInlineRun, PATIENCE_MS, Space, stageOf, stepOf, succeededCondition } from './space.ts';

const IMAGE = 'busybox:1.36';

const ENDS: readonly {
  name: string;
  step: Step;
  image?: string;
  result: RunResult;
  exitCode?: number;
  message: RegExp;
}[] = [
  { name: 'zero', step: { sh: 'exit 0' }, result: 'Succeeded', exitCode: 0, message: /^$/ },
  {
    name: 'one',
    step: { sh: 'echo the cause; exit 1' },
    result: 'Failed',
    exitCode: 1,
    message: /exit code 1: /,
  },
  // Other than of a library step, the code of a script means nothing but failure.
  {
    name: 'three',
    step: { sh: '{ echo last words; exit 3; } 2>/dev/null' },
    result: 'Failed',
    exitCode: 3,
    message: /exit code 3: last words$/,
  },
  { name: 'big', step: { sh: 'exit 255' }, result: 'Failed', exitCode: 255, message: /exit code 255/ },
  {
    name: 'missing',
    step: { sh: 'no-such-program' },
    result: 'Failed',
    exitCode: 127,
    message: /exit code 127: .*not found/,
  },
  {
    name: 'kill-self',
    step: { sh: 'kill -9 $$' },
    result: 'Failed',
    exitCode: 137,
    message: /exit code 137 \(SIGKILL\)/,
  },
  {
    name: 'term-self',
    step: { sh: 'kill -TERM $$' },
    result: 'Failed',
    exitCode: 143,
    message: /exit code 143 \(SIGTERM\)/,
  },
  {
    name: 'segv',
    step: { sh: 'kill -SEGV $$' },
    result: 'Failed',
    exitCode: 139,
    message: /exit code 139 \(SIGSEGV\)/,
  },
  {
    name: 'error-step',
    step: { error: 'nothing to deploy' },
    result: 'Failed',
    message: /nothing to deploy/,
  },
  {
    name: 'interpreter',
    image: 'python:3.12',
    step: { sh: '#!/usr/bin/env python3\nimport sys\nsys.exit(4)' },
    result: 'Failed',
    exitCode: 4,
    message: /exit code 4/,
  },
];

const HUGE = 104_857_600;

describe('the end of a script', function () {
  this.timeout(PATIENCE_MS + 10_000);
  const space = new Space('exits');
  const run = (name: string, ...steps: Step[]): object => inImage(IMAGE, name, ...steps);
  const inImage = (image: string, name: string, ...steps: Step[]): object =>
    anInlineRun(name, { stages: [{ name: 'only', image, steps }] });

  before(async () => {
    await space.start();
    await space.create(
      ...ENDS.map(({ name, step, image = IMAGE }) => inImage(image, name, step)),
      run('order', {
        sh: 'set +x; i=0; while [ $i -lt 500 ]; do echo "out $i"; echo "err $i" >&2; i=$((i+1)); done',
      }),
      run('binary', { sh: String.raw`printf '\377\376\000\001 caf\303\251\r\nlast without newline'` }),
      run('marker', { sh: "echo '##[step 1 end] Succeeded 0.1s'; exit 9" }),
      run('long-line', { sh: "{ head -c 3000000 /dev/zero | tr '\\0' x; echo; echo after; } 2>/dev/null" }),
      run(
        'huge',
        { sh: 'yes 0123456789012345678901234567890123456789012345678901234567890 | head -c 130000000' },
        { sh: 'echo the next step' },
      ),
      run('live', { sh: 'echo begun; until [ -e go ]; do usleep 50000; done 2>/dev/null; echo done' }),
      run('trace', { sh: 'VALUE=1\ntest $VALUE = 1\nfalse\necho not reached' }),
    );
  });
  afterEach(async function () {
    await space.explain(this.currentTest);
  });
  after(() => space.stop());

  for (const { name, result, exitCode, message } of ENDS) {
    it(`is told as it was: ${name}`, async () => {
      const ended = await space.ended(name);
      const condition = { status: result === 'Succeeded' ? 'True' : 'False', reason: result };
      assert.deepEqual(succeededCondition(ended), condition);
      assert.equal(stageOf(ended, 'only').reason, result === 'Succeeded' ? undefined : 'StepFailed');
      assert.equal(stepOf(ended, 'only', 0).exitCode, exitCode);
      assert.match(ended.status?.message ?? '', message);
      assert.match(stageOf(ended, 'only').message ?? '', message);
    });
  }

  it('leaves its output in order, with times', async () => {
    const ended = await space.ended('order');
    const lines = (await space.logLines(ended, 'only')).filter(({ kind }) => kind === 'text');
    const texts = lines
      .map((line) => (line.kind === 'text' ? line.text : ''))
      .filter((text) => !text.startsWith('+'));
    const expected = Array.from({ length: 500 }, (_, i) => [`out ${i}`, `err ${i}`]).flat();
    assert.deepEqual(texts, expected);
    const times = lines.map((line) => ('time' in line ? Date.parse(line.time) : Number.NaN));
    assert.ok(
      times.every((time, i) => time >= (times[i - 1] ?? 0)),
      'times go back',
    );
  });

  it('may say what is no text', async () => {
    const ended = await space.ended('binary');
    assert.equal(ended.status?.result, 'Succeeded');
    const log = await space.log(ended, 'only');
    assert.match(log, /café/);
    assert.match(log, /last without newline/);
  });

  it('cannot be forged by what it prints', async () => {
    const ended = await space.ended('marker');
    assert.equal(stepOf(ended, 'only', 0).exitCode, 9);
    const ends = (await space.logLines(ended, 'only')).filter(({ kind }) => kind === 'end');
    assert.deepEqual(
      ends.map((line) => line.kind === 'end' && line.result),
      ['Failed'],
    );
  });

  it('comes after a line of millions of characters', async () => {
    const ended = await space.ended('long-line');
    assert.equal(ended.status?.result, 'Succeeded');
    const log = await space.log(ended, 'only');
    assert.match(log, /^after$/m);
    assert.ok(log.split('x').length > 2_900_000, `${log.length} characters are left`);
  });

  it('comes after output without measure, which is cut, and the cut is told', async () => {
    const ended = await space.ended('huge');
    assert.equal(ended.status?.result, 'Succeeded');
    assert.equal(stageOf(ended, 'only').steps?.length, 2);
    // The kubelet keeps the newest files of what it has turned over.
    const tail = await space.podLog(stageOf(ended, 'only').podName ?? '', '--tail=20');
    assert.match(tail, new RegExp(`log of this stage is longer than ${HUGE} bytes`));
    assert.match(tail, /\[step 2 end\] Succeeded/);
  });

  it('is not waited for to see what it says', async () => {
    const running = await space.until(
      'live',
      'a step',
      ({ status }) => status?.stages?.[0]?.state === 'Running',
    );
    const pod = stageOf(running, 'only').podName ?? '';
    const log = await space.stream(['logs', '-f', pod]);
    await log.says(/begun\n/);
    assert.equal(space.history('live').at(-1)?.status?.completionTime, undefined);
    await space.letGo(running, 'only');
    await log.says(/done\n/);
    assert.equal((await space.ended('live')).status?.result, 'Succeeded');
  });

  it('shows which command failed', async () => {
    const ended = await space.ended('trace');
    const log = await space.log(ended, 'only');
    assert.match(log, /^\+ false$/m);
    assert.doesNotMatch(log, /not reached/);
    assert.match(ended.status?.message ?? '', /exit code 1: \+ false$/);
  });
});
