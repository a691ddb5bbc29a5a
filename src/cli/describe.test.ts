import assert from 'node:assert/strict';
import type { Run } from '../api/run.ts';
import { describePipeline } from './describe-pipeline.ts';
import { describeRun } from './describe-run.ts';
import type { Look } from './look.ts';
import { shapesOfSpec } from './outline.ts';
import { aStage, ended } from './testing/otto.ts';
import { displayWidth } from './text.ts';

const LOOK: Look = { colour: false, now: Date.parse('2026-01-01T12:10:00Z') };
const steps = [{ echo: 'x' }];
const SHAPES = shapesOfSpec({
  stages: [
    { name: 'build', steps },
    { name: 'test', steps },
    { name: 'deploy', steps },
  ],
});

function aRun(status: Run['status']): Run {
  return {
    metadata: { name: 'r', namespace: 'shop', creationTimestamp: '2026-01-01T12:00:00Z' },
    spec: { pipelineRef: { name: 'webapp' }, params: { version: '1.4' }, source: { branch: 'main' } },
    ...(status === undefined ? {} : { status }),
  };
}

describe('the description of a Run', () => {
  const failed = aRun({
    startTime: '2026-01-01T12:00:00Z',
    completionTime: '2026-01-01T12:00:09Z',
    result: 'Failed',
    message: 'Stage "test" failed: Step \'sh\' ended with exit code 7.',
    revision: '4f0c12a',
    progress: '3/3',
    counts: { Succeeded: 1, Failed: 1, Skipped: 1 },
    stages: [
      ended('build', 'Succeeded', {
        outputs: { version: '1.4' },
        steps: [{ name: 'sh', result: 'Succeeded' }],
      }),
      ended('test', 'Failed', {
        reason: 'StepFailed',
        attempt: 2,
        steps: [{ name: 'sh', result: 'Failed', exitCode: 7 }],
        retried: [{ attempt: 1, result: 'Lost', reason: 'NodeLost', finishTime: '2026-01-01T12:00:01Z' }],
      }),
      ended('deploy', 'Skipped', { reason: 'NeedFailed', message: 'It needs "test".' }),
    ],
  });

  it('begins with the cause of its end and ends with the log to read', () => {
    const lines = describeRun(failed, SHAPES, LOOK);
    assert.deepEqual(lines.slice(0, 2), ['✗ r  Failed', `  ${failed.status?.message}`]);
    assert.equal(lines.at(-1), 'Its log: otto logs r --stage test');
  });

  it('tells of parameters, source, attempts, steps and outputs', () => {
    const text = describeRun(failed, SHAPES, LOOK).join('\n');
    for (const wanted of [
      /Params +version=1\.4/,
      /Source +branch main, 4f0c12a/,
      /Progress +3\/3 \(1 Succeeded, 1 Failed, 1 Skipped\)/,
      /✗ test {2}Failed {2}2s {2}attempt 2 {2}StepFailed/,
      /✗ attempt 1 ended Lost \(NodeLost\)/,
      /✗ sh {2}Failed {2}exit code 7/,
      /output version=1\.4/,
      /- deploy {2}Skipped.*NeedFailed\n +It needs "test"\./,
    ]) {
      assert.match(text, wanted);
    }
  });

  it('says of a Run that goes on what its stages wait for', () => {
    const text = describeRun(aRun({ stages: [aStage('build')] }), SHAPES, LOOK).join('\n');
    assert.match(text, /○ test {2}Waiting for build/);
    assert.match(text, /Follow it: otto logs -f r {3}Cancel it: otto cancel r/);
  });

  it('is shown of a Run that nothing has taken up', () => {
    assert.match(describeRun(aRun(undefined), [], LOOK).join('\n'), /○ r {2}Pending[^]*none is known yet/);
  });

  it('lists only the steps that matter where there are very many stages', () => {
    const stages = Array.from({ length: 200 }, (_, i) =>
      ended(`s${i}`, 'Succeeded', { steps: [{ name: 'quiet', result: 'Succeeded' }] }),
    );
    const bad = ended('bad', 'Failed', { steps: [{ name: 'loud', result: 'Failed' }] });
    const text = describeRun(aRun({ stages: [...stages, bad] }), [], LOOK).join('\n');
    assert.ok(text.includes('loud') && !text.includes('quiet'));
  });

  it('wraps what is to be acted on, and cuts the rest, to 80 columns', () => {
    const message = 'a sentence of many words '.repeat(10);
    const status = { ...failed.status, message, stages: [ended('build', 'Failed', { message })] };
    for (const text of describeRun(aRun(status), SHAPES, { ...LOOK, width: 80 })) {
      assert.ok(displayWidth(text) <= 80, text);
    }
  });
});

describe('the description of a Pipeline', () => {
  const pipeline = {
    metadata: { name: 'webapp', namespace: 'shop' },
    spec: {
      description: 'Build the web app',
      params: [
        { name: 'version', description: 'What to call it' },
        { name: 'env', type: 'choice' as const, choices: ['dev', 'prod'], default: 'dev' },
      ],
      stages: [
        { name: 'build', steps },
        { name: 'test', steps },
      ],
    },
  };

  it('tells what to give it, what it does and how to start it', () => {
    const text = describePipeline(pipeline, [aRun(undefined)], LOOK).join('\n');
    assert.match(text, /version {2}string {4}must be given {2}What to call it/);
    assert.match(text, /env {6}dev\|prod {2}default dev/);
    assert.match(text, /test {2}after build/);
    assert.match(text, /Newest Runs\n {2}NAME[^]* {2}r /);
    assert.match(text, /Start one: otto start webapp -p version=… --follow$/);
  });

  it('has each error of one that cannot work, a line each', () => {
    const message = 'spec.stages[0]: no image.\nspec.stages[1]: no steps.';
    const lastTransitionTime = '2026-01-01T12:00:00Z';
    const conditions = [
      { type: 'Ready', status: 'False' as const, reason: 'Invalid', message, lastTransitionTime },
    ];
    assert.deepEqual(describePipeline({ ...pipeline, status: { conditions } }, [], LOOK).slice(0, 3), [
      '✗ webapp  Not ready',
      '  spec.stages[0]: no image.',
      '  spec.stages[1]: no steps.',
    ]);
  });
});
