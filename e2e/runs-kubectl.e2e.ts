/** A Run for those who have kubectl alone, and for tools that know no Otto: columns, waiting, health as kstatus reads it. */
import assert from 'node:assert/strict';
import { tool } from '../hack/tools/tools.ts';
import { execute } from './kubectl.ts';
import { anInlineRun, aPipeline, aRun, PATIENCE_MS, Space } from './space.ts';

const IMAGE = 'busybox:1.36';
const HELD = 'until [ -e go ]; do usleep 50000; done 2>/dev/null';
const only = (script: string): Parameters<typeof anInlineRun>[1] => ({
  stages: [{ name: 'only', image: IMAGE, steps: [{ sh: script }] }],
});

/** What tools make of resources that they do not know, by the library that most of them use. */
async function kstatus(objects: readonly unknown[]): Promise<string[]> {
  const lines = objects.map((object) => JSON.stringify(object)).join('\n');
  const { code, stdout, stderr } = await execute(await tool('kstatus'), [], lines);
  assert.equal(code, 0, stderr);
  return stdout.trim().split('\n');
}

describe('by kubectl, a Run', function () {
  this.timeout(PATIENCE_MS + 10_000);
  const space = new Space('kubectl');

  before(async () => {
    await space.start();
    await space.create(
      aPipeline('webapp', only('echo done')),
      aPipeline('broken', only('${{ params.x }}')),
      aRun('good', { pipelineRef: { name: 'webapp' } }),
      anInlineRun('bad', only('echo why; exit 3')),
      anInlineRun('held', only(HELD)),
      aRun('waits', { pipelineRef: { name: 'nobody' } }),
      anInlineRun('paused', only('true'), { state: 'Paused' }),
    );
  });
  afterEach(async function () {
    await space.explain(this.currentTest);
  });
  after(() => space.stop());

  it('is waited for, whichever way it ends', async () => {
    await space.kubectl(['wait', '--for=condition=Succeeded', 'run/good', '--timeout=180s']);
    await space.kubectl(['wait', '--for=condition=Succeeded=False', 'run/bad', '--timeout=180s']);
  });

  it('has a row with all that matters', async () => {
    await space.ended('good');
    await space.ended('bad');
    const rows = await space.kubectl(['get', 'runs']);
    assert.match(rows, /^NAME +PIPELINE +RESULT +PROGRESS +CURRENT +DURATION +AGE$/m);
    assert.match(rows, /^good +webapp +Succeeded +1\/1 +[\dms]+ +[\dms]+/m);
    assert.match(rows, /^bad +Failed +1\/1/m);
    await space.until('held', 'a step', ({ status }) => status?.stages?.[0]?.state === 'Running');
    assert.match(await space.kubectl(['get', 'run', 'held']), /^held +Running +0\/1 +only/m);
    assert.match(await space.kubectl(['get', 'runs', '-o', 'wide']), /^bad .*exit code 3/m);
    assert.match(await space.kubectl(['get', 'pl']), /^webapp +True +Valid +1/m);
    assert.match(await space.kubectl(['get', 'otto', '-o', 'name']), /run\.otto\.dev\/good/);
  });

  it('has its pods, and their logs, by its label', async () => {
    await space.ended('bad');
    const [pod] = await space.pods('otto.dev/run=bad,otto.dev/stage=only');
    assert.match(await space.podLog(pod?.metadata.name ?? ''), /why/);
  });

  it('tells what a person cares about as events, once each', async () => {
    await space.ended('bad');
    const events = [
      'get',
      'events',
      '--field-selector=involvedObject.name=bad',
      '-o',
      'jsonpath={range .items[*]}{.reason} {.type} {.count}{"\\n"}{end}',
    ];
    const text = await space.kubectl(events);
    assert.match(text, /StageFailed Warning/);
    assert.match(text, /RunFailed Warning/);
    const reasons = text
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0]);
    assert.equal(new Set(reasons).size, reasons.length, text);
    assert.match(await space.kubectl(['describe', 'run', 'bad']), /exit code 3[^]*Events:[^]*RunFailed/);
  });

  it('is read right by kstatus in each state', async () => {
    await space.ended('good');
    await space.ended('bad');
    await space.until(
      'waits',
      'a reason',
      ({ status }) => status?.conditions?.[0]?.reason === 'PipelineNotFound',
    );
    await space.until('paused', 'Paused', ({ status }) => status?.conditions?.[0]?.reason === 'Paused');
    await space.until('held', 'a step', ({ status }) => status?.stages?.[0]?.state === 'Running');
    const names = ['good', 'bad', 'held', 'waits', 'paused'];
    const kinds = [...names.map((name) => `run/${name}`), 'pipeline/webapp', 'pipeline/broken'];
    const { items }: { items: unknown[] } = JSON.parse(await space.kubectl(['get', ...kinds, '-o', 'json']));
    assert.deepEqual(await kstatus(items), [
      'Current',
      'Failed',
      'InProgress',
      'InProgress',
      'InProgress',
      'Current',
      'Failed',
    ]);
  });

  it('is cancelled by a patch', async () => {
    await space.until('held', 'a step', ({ status }) => status?.stages?.[0]?.state === 'Running');
    await space.setState('held', 'Cancelled');
    await space.kubectl(['wait', '--for=jsonpath={.status.result}=Cancelled', 'run/held', '--timeout=90s']);
  });
});
