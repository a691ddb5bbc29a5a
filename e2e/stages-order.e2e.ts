/** In which order stages run, seen by their times; what is skipped, allowed, tried again, and comes at the end. */
import assert from 'node:assert/strict';
import type { PipelineSpec, Stage, Step } from '../src/api/generated/types.ts';
import type { Run } from '../src/api/run.ts';
import { anInlineRun, PATIENCE_MS, Space, stageOf, stepOf, succeededCondition } from './space.ts';

const IMAGE = 'busybox:1.36';
const step = (script: string): Step[] => [{ sh: script }];
const stage = (name: string, more: Partial<Stage> = {}): Stage => ({ name, steps: step('sleep 1'), ...more });
const fails = step('exit 1');
const pipeline = (stages: Stage[], more: Partial<PipelineSpec> = {}): PipelineSpec => ({
  defaults: { image: IMAGE },
  stages,
  ...more,
});

const GRAPH = pipeline(
  [
    stage('a'),
    stage('b'),
    stage('early', { needs: [] }),
    {
      name: 'group',
      needs: ['a', 'early'],
      env: { FROM: 'group' },
      parallel: [
        stage('left', { steps: step('#!/bin/sh\necho "from=$FROM"; sleep 2') }),
        { name: 'inner', stages: [stage('r1'), stage('r2')] },
      ],
    },
    stage('join', { needs: ['group', 'b'] }),
  ],
  { finally: [stage('last1'), stage('last2', { steps: step('echo "result=$OTTO_RUN_RESULT"') })] },
);

const FAILURES = pipeline(
  [
    stage('allowed', { steps: fails, allowFailure: true }),
    stage('goes-on'),
    stage('bad', {
      steps: fails,
      needs: ['goes-on'],
      post: {
        always: [{ sh: 'echo "post always"' }],
        success: [{ error: 'never' }],
        failure: [{ sh: 'echo "post failure"' }],
      },
    }),
    stage('after-bad'),
    stage('after-that'),
    stage('beside', { needs: ['goes-on'] }),
    { name: 'off', needs: [], when: '1 == 2', parallel: [stage('off1'), stage('off2')] },
    stage('after-off', { needs: ['off'] }),
  ],
  {
    finally: [
      stage('report', { steps: step('echo "result=$OTTO_RUN_RESULT"') }),
      stage('only-bad', { when: 'run.result == "Failed"' }),
    ],
  },
);

describe('stages', function () {
  this.timeout(PATIENCE_MS + 10_000);
  const space = new Space('order');

  before(async () => {
    await space.start();
    await space.create(
      anInlineRun('graph', GRAPH),
      anInlineRun('failures', FAILURES),
      anInlineRun('only-allowed', pipeline([stage('bad', { steps: fails, allowFailure: true })])),
      anInlineRun('post-fails', pipeline([stage('only', { post: { always: [{ sh: 'exit 4' }] } })])),
      anInlineRun(
        'finally-fails',
        pipeline([stage('good')], { finally: [stage('bad', { steps: fails }), stage('next')] }),
      ),
      anInlineRun(
        'retried',
        pipeline([
          stage('only', {
            retries: { limit: 2, backoff: { initial: '1s', factor: 3 } },
            steps: step('echo "attempt $OTTO_ATTEMPT"; test "$OTTO_ATTEMPT" = 3; echo > file; ls'),
          }),
        ]),
      ),
      anInlineRun(
        'spent',
        pipeline([stage('only', { retries: { limit: 1, backoff: { initial: '1s' } }, steps: fails })]),
      ),
      anInlineRun(
        'not-for-this',
        pipeline([stage('only', { retries: { limit: 3, results: ['TimedOut'] }, steps: fails })]),
      ),
      anInlineRun(
        'infrastructure',
        pipeline([
          stage('only', {
            retries: { limit: 0, infrastructure: 1 },
            steps: step('if [ $OTTO_ATTEMPT = 1 ]; then sleep 600; fi'),
          }),
        ]),
      ),
      anInlineRun(
        'wide',
        pipeline([
          {
            name: 'all',
            parallel: Array.from({ length: 12 }, (_, i) => stage(`w${i}`, { steps: step('true') })),
          },
        ]),
      ),
      anInlineRun(
        'library',
        pipeline([{ name: 'only', steps: [{ echo: 'x' }, { error: 'that is it' }, { echo: 'never' }] }]),
      ),
    );
  });
  afterEach(async function () {
    await space.explain(this.currentTest);
  });
  after(() => space.stop());

  /** By the runner's own times, which have milliseconds. */
  const span = (run: Run, name: string): { from: number; to: number } => {
    const steps = stageOf(run, name).steps ?? [];
    return { from: Date.parse(steps[0]?.startTime ?? ''), to: Date.parse(steps.at(-1)?.finishTime ?? '') };
  };
  const assertBefore = (run: Run, first: string, then: string): void => {
    assert.ok(span(run, first).to <= span(run, then).from, `${then} began before ${first} had ended`);
  };
  /** Their pods did: on few cores their steps may be short enough to miss each other. */
  const assertOverlap = (run: Run, one: string, other: string): void => {
    const [a, b] = [stageOf(run, one), stageOf(run, other)];
    const overlap =
      (a.startTime ?? '') <= (b.finishTime ?? '') && (b.startTime ?? '') <= (a.finishTime ?? '');
    assert.ok(overlap, `${one} and ${other} did not run side by side`);
  };
  const ends = (run: Run): Record<string, string> =>
    Object.fromEntries(
      (run.status?.stages ?? []).map(({ name, result = '', reason }) => [
        name,
        reason === undefined ? result : `${result} ${reason}`,
      ]),
    );

  it('run in the order of needs, side by side where nothing is against it, and at the end', async () => {
    const run = await space.ended('graph');
    assert.deepEqual(succeededCondition(run), { status: 'True', reason: 'Succeeded' });
    const order = [
      ['a', 'b'],
      ['a', 'left'],
      ['early', 'left'],
      ['a', 'r1'],
      ['r1', 'r2'],
      ['left', 'join'],
      ['r2', 'join'],
      ['b', 'join'],
      ['join', 'last1'],
      ['last1', 'last2'],
    ];
    for (const [first = '', then = ''] of order) assertBefore(run, first, then);
    assertOverlap(run, 'a', 'early');
    assertOverlap(run, 'left', 'r1');
    assert.match(await space.log(run, 'left'), /from=group/);
    assert.match(await space.log(run, 'last2'), /result=Succeeded/);
    assert.equal(run.status?.progress, '9/9');
  });

  it('are skipped after a failure, unless it is allowed; conditions only skip', async () => {
    const run = await space.ended('failures');
    assert.deepEqual(ends(run), {
      allowed: 'Failed StepFailed',
      'goes-on': 'Succeeded',
      bad: 'Failed StepFailed',
      'after-bad': 'Skipped NeedFailed',
      'after-that': 'Skipped NeedFailed',
      beside: 'Succeeded',
      off1: 'Skipped ConditionFalse',
      off2: 'Skipped ConditionFalse',
      'after-off': 'Succeeded',
      report: 'Succeeded',
      'only-bad': 'Succeeded',
    });
    assert.match(run.status?.message ?? '', /"bad"/);
    assert.match(await space.log(run, 'report'), /result=Failed/);
    assert.match(await space.log(run, 'bad'), /^post failure\n[^]*^post always$/m);
    assert.equal(run.status?.progress, '11/11');
  });

  it('may all fail that are allowed to', async () => {
    const run = await space.ended('only-allowed');
    assert.deepEqual(succeededCondition(run), { status: 'True', reason: 'Succeeded' });
    assert.equal(stageOf(run, 'bad').result, 'Failed');
  });

  it('fail by their post steps', async () => {
    const { result, reason, message = '' } = stageOf(await space.ended('post-fails'), 'only');
    assert.deepEqual({ result, reason }, { result: 'Failed', reason: 'PostFailed' });
    assert.match(message, /exit code 4/);
  });

  it('of finally run all, and count', async () => {
    const run = await space.ended('finally-fails');
    assert.deepEqual(ends(run), { good: 'Succeeded', bad: 'Failed StepFailed', next: 'Succeeded' });
    assert.equal(run.status?.result, 'Failed');
  });

  it('are tried again in a new workspace, after growing waits', async () => {
    const run = await space.ended('retried');
    const only = stageOf(run, 'only');
    assert.deepEqual([only.result, only.attempt], ['Succeeded', 3]);
    assert.deepEqual(
      only.retried?.map(({ attempt, reason }) => [attempt, reason]),
      [
        [1, 'StepFailed'],
        [2, 'StepFailed'],
      ],
    );
    const [first, second] = (only.retried ?? []).map(({ finishTime }) => Date.parse(finishTime));
    assert.ok((second ?? 0) - (first ?? 0) >= 1000, 'the first wait is 1 s');
    assert.ok(Date.parse(only.startTime ?? '') - (second ?? 0) >= 2000, 'the second wait is 3 s');
    assert.match(await space.log(run, 'only'), /attempt 3\n[^]*^file$/m);
    const events = await space.kubectl([
      'get',
      'events',
      '--field-selector=involvedObject.name=retried',
      '-o',
      'jsonpath={.items[*].reason}',
    ]);
    assert.match(events, /StageRetried/);
  });

  it('fail when their tries are spent', async () => {
    const only = stageOf(await space.ended('spent'), 'only');
    assert.deepEqual([only.result, only.attempt, only.retried?.length], ['Failed', 2, 1]);
  });

  it('are not tried again after what their retries are not for', async () => {
    assert.equal(stageOf(await space.ended('not-for-this'), 'only').attempt, 1);
  });

  it('are tried again when somebody deletes their pod, by a budget of its own', async () => {
    const running = await space.until(
      'infrastructure',
      'a step',
      ({ status }) => status?.stages?.[0]?.state === 'Running',
    );
    await space.kubectl([
      'delete',
      'pod',
      stageOf(running, 'only').podName ?? '',
      '--wait=false',
      '--grace-period=1',
    ]);
    const run = await space.ended('infrastructure');
    const only = stageOf(run, 'only');
    assert.deepEqual([only.result, only.attempt], ['Succeeded', 2]);
    assert.deepEqual(
      only.retried?.map(({ result, reason }) => [result, reason]),
      [['Lost', 'PodDeleted']],
    );
  });

  it('run a dozen side by side', async () => {
    const run = await space.ended('wide');
    assert.deepEqual(run.status?.counts, { Succeeded: 12 });
  });

  it('of library steps alone end by error', async () => {
    const run = await space.ended('library');
    assert.equal(stepOf(run, 'only', 1).result, 'Failed');
    assert.equal(stageOf(run, 'only').steps?.length, 2);
    assert.match(run.status?.message ?? '', /that is it/);
  });
});
