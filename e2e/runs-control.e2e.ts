/** What people and time limits do to a Run while it runs: cancel, pause, timeouts, deletion, edits of its Pipeline. */
import assert from 'node:assert/strict';
import type { PipelineSpec, Stage } from '../src/api/generated/types.ts';
import type { Run } from '../src/api/run.ts';
import {
  anInlineRun,
  aPipeline,
  aRun,
  PATIENCE_MS,
  Space,
  stageOf,
  stepOf,
  succeededCondition,
} from './space.ts';

const IMAGE = 'busybox:1.36';
const LONG = {
  sh: "trap 'echo told to end; exit 1' TERM; echo begun; while true; do usleep 50000; done 2>/dev/null",
};
/** Ends when the test makes the file. */
const HELD = { sh: 'until [ -e go ]; do usleep 50000; done 2>/dev/null' };
const REPORT: Stage = { name: 'report', steps: [{ sh: 'echo "result=$OTTO_RUN_RESULT"' }] };
const pipeline = (stages: Stage[], more: Partial<PipelineSpec> = {}): PipelineSpec => ({
  defaults: { image: IMAGE, gracePeriod: '2s' },
  stages,
  ...more,
});
const stage = (name: string, ...steps: NonNullable<Stage['steps']>): Stage => ({ name, steps });
const isRunning = ({ status }: Run): boolean => status?.stages?.[0]?.state === 'Running';

describe('a Run', function () {
  this.timeout(PATIENCE_MS + 10_000);
  const space = new Space('control');

  before(async () => {
    await space.start();
    await space.create(
      anInlineRun(
        'cancelled',
        pipeline([{ ...stage('a', LONG), post: { always: [{ sh: 'echo tidied' }] } }, stage('b', LONG)], {
          finally: [REPORT],
        }),
      ),
      anInlineRun('cancelled-first', pipeline([stage('a', LONG)], { finally: [REPORT] }), {
        state: 'Cancelled',
      }),
      anInlineRun('paused', pipeline([stage('a', HELD), stage('b', { sh: 'true' })])),
      anInlineRun('paused-first', pipeline([stage('a', { sh: 'true' })]), { state: 'Paused' }),
      anInlineRun(
        'run-timeout',
        pipeline([stage('a', LONG), stage('b', LONG)], { timeout: '4s', finally: [REPORT] }),
      ),
      anInlineRun(
        'stage-timeout',
        pipeline([
          { ...stage('a', LONG), timeout: '2s', retries: { limit: 1, backoff: { initial: '1s' } } },
          stage('b', { sh: 'true' }),
        ]),
      ),
      anInlineRun('step-timeout', pipeline([stage('a', { ...LONG, timeout: '1s' })])),
      anInlineRun(
        'post-timeout',
        pipeline([{ ...stage('a', { sh: 'true' }), post: { always: [{ timeout: '1s', sh: 'sleep 100' }] } }]),
      ),
      anInlineRun('deleted', pipeline([stage('a', LONG)], { finally: [REPORT] })),
      anInlineRun('expires', pipeline([stage('a', { sh: 'true' })]), { ttlAfterFinished: '3s' }),
      aPipeline('edited', pipeline([stage('first', HELD), stage('second', { echo: 'as it was' })])),
      aRun('frozen', { pipelineRef: { name: 'edited' } }),
      aRun('waits', { pipelineRef: { name: 'comes-later' }, params: { who: 'you' } }),
      aPipeline(
        'broken',
        pipeline([
          { ...stage('a', { sh: 'true' }), needs: ['b'] },
          { ...stage('b', { hs: 'true' }), needs: ['a'] },
        ]),
      ),
      aRun('of-broken', { pipelineRef: { name: 'broken' } }),
    );
  });
  afterEach(async function () {
    await space.explain(this.currentTest);
  });
  after(() => space.stop());

  it('that is cancelled ends its step, then runs post and finally', async () => {
    await space.until('cancelled', 'a step', isRunning);
    await space.setState('cancelled', 'Cancelled');
    const run = await space.ended('cancelled');
    assert.deepEqual(succeededCondition(run), { status: 'False', reason: 'Cancelled' });
    assert.equal(stageOf(run, 'a').result, 'Cancelled');
    assert.match(await space.log(run, 'a'), /told to end\n[^]*^tidied$/m);
    assert.deepEqual([stageOf(run, 'b').result, stageOf(run, 'b').reason], ['Cancelled', 'RunCancelled']);
    assert.match(await space.log(run, 'report'), /result=Cancelled/);
    const reasons = space.history('cancelled').map((seen) => succeededCondition(seen).reason);
    assert.ok(reasons.includes('Cancelling'), String(reasons));
  });

  it('stays cancelled', async () => {
    const patch = ['patch', 'run', 'cancelled', '--type=merge', '-p', '{"spec":{"state":"Running"}}'];
    const { code, stderr } = await space.call(patch);
    assert.notEqual(code, 0);
    assert.match(stderr, /[Cc]ancelled/);
  });

  it('that is created as cancelled runs nothing but finally', async () => {
    const run = await space.ended('cancelled-first');
    assert.equal(run.status?.result, 'Cancelled');
    assert.equal(stageOf(run, 'a').podName, undefined);
    assert.match(await space.log(run, 'report'), /result=Cancelled/);
  });

  it('that is paused ends what runs, starts nothing, and goes on when it is told to', async () => {
    const running = await space.until('paused', 'a step', isRunning);
    await space.setState('paused', 'Paused');
    await space.until('paused', 'Paused', (run) => succeededCondition(run).reason === 'Paused');
    await space.letGo(running, 'a');
    const held = await space.until('paused', 'the end of a', (run) => stageOf(run, 'a').state === 'Finished');
    assert.deepEqual(
      held.status?.stages?.map(({ name }) => name),
      ['a'],
    );
    assert.equal(succeededCondition(held).status, 'Unknown');
    await space.setState('paused', 'Running');
    const run = await space.ended('paused');
    assert.equal(run.status?.result, 'Succeeded');
  });

  it('that is created as paused starts when it is told to', async () => {
    const held = await space.until(
      'paused-first',
      'Paused',
      (run) => succeededCondition(run).reason === 'Paused',
    );
    assert.equal(held.status?.stages, undefined);
    assert.deepEqual(await space.pods('otto.dev/run=paused-first'), []);
    await space.setState('paused-first', 'Running');
    assert.equal((await space.ended('paused-first')).status?.result, 'Succeeded');
  });

  it('over its timeout ends what runs, then runs finally', async () => {
    const run = await space.ended('run-timeout');
    assert.deepEqual(succeededCondition(run), { status: 'False', reason: 'TimedOut' });
    assert.deepEqual([stageOf(run, 'b').result, stageOf(run, 'b').reason], ['TimedOut', 'RunTimedOut']);
    assert.match(run.status?.message ?? '', /4s/);
    assert.match(await space.log(run, 'report'), /result=TimedOut/);
  });

  it("fails by a stage's timeout, for each attempt anew", async () => {
    const run = await space.ended('stage-timeout');
    const a = stageOf(run, 'a');
    assert.deepEqual(
      [run.status?.result, a.result, a.reason, a.attempt],
      ['TimedOut', 'TimedOut', 'StageTimedOut', 2],
    );
    assert.match(await space.log(run, 'a'), /begun\n[^]*told to end/);
    assert.equal(stageOf(run, 'b').reason, 'NeedFailed');
  });

  it("fails by a step's timeout", async () => {
    const run = await space.ended('step-timeout');
    assert.equal(stageOf(run, 'a').reason, 'StepTimedOut');
    assert.equal(stepOf(run, 'a', 0).result, 'TimedOut');
  });

  it('fails by a post step that takes too long', async () => {
    const { result, message = '' } = stageOf(await space.ended('post-timeout'), 'a');
    assert.equal(result, 'TimedOut');
    assert.match(message, /post: /i);
  });

  it('that is deleted takes its pods and its plan along, and runs nothing more', async () => {
    const running = await space.until('deleted', 'a step', isRunning);
    await space.kubectl(['delete', 'run', 'deleted', '--wait=true', '--timeout=30s']);
    await space.kubectl(['wait', '--for=delete', 'pod', '-l', 'otto.dev/run=deleted', '--timeout=60s']);
    const plan = ['wait', '--for=delete', `controllerrevision/${running.status?.plan}`, '--timeout=60s'];
    await space.kubectl(plan);
    assert.deepEqual(await space.pods('otto.dev/run=deleted'), []);
  });

  it('goes when its time to live is over', async () => {
    await space.ended('expires');
    await space.kubectl(['wait', '--for=delete', 'run/expires', '--timeout=30s']);
  });

  it('is not changed by an edit of its Pipeline', async () => {
    const running = await space.until('frozen', 'a step', isRunning);
    await space.kubectl(
      ['apply', '--server-side', '--force-conflicts', '-f', '-'],
      aPipeline('edited', pipeline([stage('other', { error: 'edited' })])),
    );
    await space.kubectl([
      'wait',
      '--for=jsonpath={.status.observedGeneration}=2',
      'pipeline/edited',
      '--timeout=20s',
    ]);
    await space.letGo(running, 'first');
    const run = await space.ended('frozen');
    assert.deepEqual(
      run.status?.stages?.map(({ name }) => name),
      ['first', 'second'],
    );
    assert.equal(await space.log(run, 'second'), 'as it was');
  });

  it('waits for its Pipeline, as GitOps tools apply in any order', async () => {
    const waiting = await space.until(
      'waits',
      'a reason',
      (run) => succeededCondition(run).reason === 'PipelineNotFound',
    );
    assert.match(waiting.status?.message ?? '', /comes-later/);
    await space.create(
      aPipeline('comes-later', {
        params: [{ name: 'who' }],
        stages: [stage('only', { echo: 'for ${{ params.who }}' })],
      }),
    );
    const run = await space.ended('waits');
    assert.equal(await space.log(run, 'only'), 'for you');
  });

  it('of a Pipeline that cannot work fails with all that is wrong', async () => {
    const run = await space.ended('of-broken');
    assert.equal(run.status?.conditions?.find(({ type }) => type === 'Stalled')?.reason, 'InvalidPipeline');
    const ready = await space.kubectl([
      'get',
      'pipeline',
      'broken',
      '-o',
      'jsonpath={.status.conditions[?(@.type=="Ready")].message}',
    ]);
    for (const text of [run.status?.message ?? '', ready]) {
      assert.match(text, /hs/);
      assert.match(text, /sh/);
      assert.match(text, /cycle|each other|circle/i);
    }
  });
});
