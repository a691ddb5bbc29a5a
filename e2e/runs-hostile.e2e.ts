/** Scripts that do what a stage must outlive: each Run ends, within its time, and says why. */
import assert from 'node:assert/strict';
import type { RunResult, Stage } from '../src/api/generated/types.ts';
import { killFirstProcess } from './node.ts';
import { anInlineRun, PATIENCE_MS, Space, stageOf, stepOf, stepSeconds } from './space.ts';

const SECOND_STEP = { sh: 'echo the next step runs' };
/** Processes that TERM does not end, in the script's group and out of it. */
const STUBBORN = `trap '' TERM INT HUP
setsid sh -c "trap '' TERM INT HUP; while true; do sleep 1; done" &
sh -c "trap '' TERM INT HUP; while true; do sleep 1; done" &
echo begun
while true; do sleep 1; done`;
/** What is left of them in the container, told by a later step. */
const COUNT_SLEEPERS = {
  sh: `n=0; for f in /proc/[0-9]*/cmdline; do case $(tr '\\0' ' ' <"$f" 2>/dev/null) in *'while true'*) n=$((n+1));; esac; done; echo "left=$n"`,
};

interface Case {
  name: string;
  stage: Partial<Stage>;
  result: RunResult;
  reason?: string;
  message?: RegExp;
  log?: RegExp;
  /** Longest that the first step may take, seconds. */
  most: number;
}

const CASES: readonly Case[] = [
  {
    name: 'leaves processes behind',
    stage: { steps: [{ sh: 'sleep 1000 & sh -c "sleep 1000; echo never" & echo started' }, SECOND_STEP] },
    result: 'Succeeded',
    log: /started\n[^]*next step runs/,
    most: 5,
  },
  {
    name: 'leaves a daemon behind that goes on writing',
    stage: { steps: [{ sh: 'setsid yes & echo started' }, SECOND_STEP] },
    result: 'Succeeded',
    log: /the next step runs/,
    most: 10,
  },
  {
    name: 'closes its outputs and goes on',
    stage: { steps: [{ sh: 'exec >&- 2>&-; sleep 1; exit 6' }] },
    result: 'Failed',
    reason: 'StepFailed',
    message: /exit code 6/,
    most: 6,
  },
  {
    name: 'execs something else',
    stage: { steps: [{ sh: "exec sh -c 'echo replaced; exit 8'" }] },
    result: 'Failed',
    reason: 'StepFailed',
    message: /exit code 8: .*replaced/,
    most: 5,
  },
  {
    name: 'forks hundreds of processes',
    stage: {
      steps: [
        { sh: 'set +x; i=0; while [ $i -lt 400 ]; do sleep 0 & i=$((i+1)); done; wait; echo forked $i' },
        SECOND_STEP,
      ],
    },
    result: 'Succeeded',
    log: /forked 400\n[^]*next step runs/,
    most: 60,
  },
  {
    name: 'kills the loop that runs it',
    stage: { steps: [{ sh: 'kill -TERM 1; kill -INT 1; kill -HUP 1; echo survived' }, SECOND_STEP] },
    result: 'Succeeded',
    log: /survived\n[^]*next step runs/,
    most: 5,
  },
  {
    name: 'kills all processes of its container but itself',
    stage: { steps: [{ sh: 'kill -9 -1; echo survived' }, SECOND_STEP] },
    result: 'Succeeded',
    log: /survived\n[^]*next step runs/,
    most: 5,
  },
  {
    name: 'takes more memory than it may',
    stage: {
      resources: { limits: { memory: '32Mi' } },
      steps: [{ sh: 'head -c 200000000 /dev/zero | tail -c 150000000 >/dev/null' }],
    },
    result: 'Failed',
    reason: 'OOMKilled',
    message: /ran out of memory \(limit 32Mi\)/,
    most: 30,
  },
  {
    name: 'ignores TERM at its own timeout',
    stage: {
      gracePeriod: '1s',
      steps: [{ timeout: '1s', continueOnError: true, sh: STUBBORN }, COUNT_SLEEPERS],
    },
    result: 'Succeeded',
    log: /begun\n[^]*left=0/,
    most: 8,
  },
  {
    name: "ignores TERM at the stage's timeout",
    stage: {
      timeout: '2s',
      gracePeriod: '1s',
      steps: [{ sh: STUBBORN }],
      post: { always: [COUNT_SLEEPERS] },
    },
    result: 'TimedOut',
    reason: 'StageTimedOut',
    message: /2 s/,
    log: /left=0/,
    most: 10,
  },
  {
    name: 'ends well when told to end, and is timed out',
    stage: {
      gracePeriod: '5s',
      steps: [{ timeout: '1s', sh: "trap 'echo cleaned; exit 0' TERM; while true; do sleep 0.1; done" }],
    },
    result: 'TimedOut',
    reason: 'StepTimedOut',
    message: /1 s/,
    log: /cleaned/,
    most: 6,
  },
  {
    name: 'removes the files of the loop',
    stage: { steps: [{ sh: 'rm -rf /otto-io/* /otto-io/.[a-z]* 2>/dev/null; echo gone' }] },
    result: 'Succeeded',
    most: 10,
  },
  {
    name: 'fills the workspace of nobody else, and its input is empty',
    stage: {
      steps: [{ sh: 'cat; read line || echo no input; head -c 20000000 /dev/zero > big; ls -l big' }],
    },
    result: 'Succeeded',
    log: /no input/,
    most: 10,
  },
];

const nameOf = (title: string): string => title.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase();

describe('a script that', function () {
  this.timeout(PATIENCE_MS + 10_000);
  const space = new Space('hostile');

  before(async () => {
    await space.start();
    await space.create(
      ...CASES.map(({ name, stage }) =>
        anInlineRun(nameOf(name), {
          defaults: { image: 'busybox:1.36' },
          stages: [{ name: 'only', ...stage }],
        }),
      ),
      anInlineRun('exits', {
        stages: [
          {
            name: 'only',
            image: 'localhost/otto-examples/bash:dev',
            steps: [{ sh: 'echo before; kill -KILL 1; kill -ILL 1; echo still here' }, SECOND_STEP],
          },
        ],
      }),
      anInlineRun('cancelled', {
        defaults: { image: 'busybox:1.36' },
        stages: [
          { name: 'only', gracePeriod: '1s', steps: [{ sh: STUBBORN }], post: { always: [COUNT_SLEEPERS] } },
        ],
        finally: [{ name: 'report', steps: [{ sh: 'echo "result=$OTTO_RUN_RESULT"' }] }],
      }),
      anInlineRun('replaced', {
        stages: [
          {
            name: 'only',
            image: 'busybox:1.36',
            podTemplate: { spec: { containers: [{ name: 'main', command: ['sh', '-c', 'exit 7'] }] } },
            steps: [{ sh: 'true' }],
          },
        ],
      }),
      anInlineRun('loop-lost', {
        defaults: { image: 'busybox:1.36' },
        stages: [
          {
            name: 'only',
            retries: { infrastructure: 0 },
            steps: [{ sh: 'echo begun; until [ -e go ]; do usleep 50000; done 2>/dev/null' }],
          },
        ],
      }),
    );
  });
  afterEach(async function () {
    await space.explain(this.currentTest);
  });
  after(() => space.stop());

  for (const { name, result, reason, message, log, most } of CASES) {
    it(`${name}: ${result}`, async () => {
      const run = await space.ended(nameOf(name));
      const stage = stageOf(run, 'only');
      assert.deepEqual({ result: run.status?.result, reason: stage.reason }, { result, reason });
      if (message !== undefined) assert.match(run.status?.message ?? '', message);
      if (log !== undefined) assert.match(await space.log(run, 'only'), log);
      const seconds = stepSeconds(stepOf(run, 'only', 0));
      assert.ok(seconds <= most, `the step took ${seconds} s`);
    });
  }

  it('cannot end process 1 of its container', async () => {
    const run = await space.ended('exits');
    assert.equal(run.status?.result, 'Succeeded');
    assert.match(await space.log(run, 'only'), /still here\n[^]*next step runs/);
  });

  it('ignores TERM when its Run is cancelled: all of it is killed, then post and finally run', async () => {
    await space.until('cancelled', 'a step', ({ status }) => status?.stages?.[0]?.state === 'Running');
    const before = Date.now();
    await space.setState('cancelled', 'Cancelled');
    const run = await space.ended('cancelled');
    assert.equal(run.status?.result, 'Cancelled');
    assert.deepEqual(stepOf(run, 'only', 0).result, 'Cancelled');
    assert.match(await space.log(run, 'only'), /left=0/);
    assert.equal(await space.log(run, 'report'), "+ echo 'result=Cancelled'\nresult=Cancelled");
    assert.ok(Date.now() - before < 60_000, 'it took too long');
  });

  it('loses its container: noticed at once, and nobody takes it for the stage', async () => {
    await space.until('loop-lost', 'a step', ({ status }) => status?.stages?.[0]?.state === 'Running');
    const [pod] = await space.pods('otto.dev/run=loop-lost');
    assert.ok(pod);
    await killFirstProcess(async () => pod, 'main');
    const before = Date.now();
    const run = await space.ended('loop-lost');
    const { result, reason, message = '' } = stageOf(run, 'only');
    assert.deepEqual({ result, reason }, { result: 'Lost', reason: 'ContainerKilled' });
    assert.match(message, /main/);
    assert.ok(Date.now() - before < 20_000, 'it took too long');
  });

  it('has no loop, since a template replaced it: told so', async () => {
    const run = await space.ended('replaced');
    const { result, reason, message = '' } = stageOf(run, 'only');
    assert.deepEqual({ result, reason }, { result: 'Failed', reason: 'ContainerExited' });
    assert.match(message, /exit code 7/);
  });
});
