/** What the operator tells of itself: /metrics, /healthz, /readyz, and its log. */
import assert from 'node:assert/strict';
import { operatorNamespace, release } from '../../hack/install/otto.ts';
import { anInlineRun, Space } from '../space.ts';
import { eventually, type Ground, IMAGE, PATIENCE_MS, prepare } from './ground.ts';

type Samples = ReadonlyMap<string, number>;

describe('the leading operator', function () {
  this.timeout(PATIENCE_MS * 2);
  const space = new Space('metrics');
  let ground: Ground;
  let leader: string;
  let earlier: Samples;
  let later: Samples;

  const inOtto = async (...args: string[]): Promise<string> =>
    await ground.kubectl(['-n', operatorNamespace, ...args]);
  const ask = async (path: string): Promise<string> =>
    await inOtto('get', '--raw', `/api/v1/namespaces/${operatorNamespace}/pods/${leader}:8080/proxy${path}`);
  const samples = async (): Promise<Samples> => {
    const lines = (await ask('/metrics')).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      lines.map((line) => [
        line.slice(0, line.lastIndexOf(' ')),
        Number(line.slice(line.lastIndexOf(' ') + 1)),
      ]),
    );
  };
  /** Of all its series whose labels hold these, together. */
  const sum = (all: Samples, name: string, ...labels: string[]): number => {
    let total = 0;
    for (const [series, value] of all) {
      if (series.split('{')[0] === name && labels.every((label) => series.includes(label))) total += value;
    }
    return total;
  };
  const grown = (name: string, ...labels: string[]): number =>
    sum(later, name, ...labels) - sum(earlier, name, ...labels);

  before(async () => {
    ground = await prepare();
    await space.start();
    leader = await eventually('somebody leads', async () => {
      const holder = await inOtto('get', 'lease', release, '-o', 'jsonpath={.spec.holderIdentity}');
      return holder === '' ? undefined : holder;
    });
    earlier = await samples();
    await space.create(
      anInlineRun('well', {
        defaults: { image: IMAGE },
        stages: [
          { name: 'one', steps: [{ sh: 'sleep 1' }] },
          { name: 'two', steps: [{ sh: 'true' }] },
        ],
      }),
      anInlineRun('badly', {
        defaults: { image: IMAGE },
        stages: [{ name: 'one', steps: [{ sh: 'exit 1' }] }],
      }),
    );
    await space.ended('well', PATIENCE_MS);
    await space.ended('badly', PATIENCE_MS);
    later = await samples();
  });
  after(() => space.stop());

  it('counts Runs and stages by their result', () => {
    assert.equal(grown('otto_runs_total', 'result="Succeeded"'), 1);
    assert.equal(grown('otto_runs_total', 'result="Failed"'), 1);
    assert.equal(grown('otto_stages_total', 'result="Succeeded"'), 2);
    assert.equal(grown('otto_stages_total', 'result="Failed"'), 1);
    assert.equal(grown('otto_stage_retries_total'), 0);
  });

  it('measures how long users wait for a start', () => {
    assert.equal(grown('otto_run_start_seconds_count'), 2);
    const seconds = grown('otto_stage_start_seconds_sum') / grown('otto_stage_start_seconds_count');
    assert.ok(seconds > 0 && seconds < PATIENCE_MS / 1000, `${seconds} s from a pod to its stage`);
  });

  it('counts what it does, and its outcome', () => {
    const passes = grown('otto_reconciles_total', 'controller="run"');
    assert.ok(passes >= 6 && passes < 500, `${passes} passes for two Runs`);
    assert.equal(grown('otto_reconciles_total', 'outcome="error"'), 0);
    assert.equal(grown('otto_reconcile_seconds_count', 'controller="run"'), passes);
    assert.ok(grown('otto_workqueue_adds_total', 'queue="runs"') >= passes);
    assert.ok(grown('otto_workqueue_wait_seconds_count', 'queue="runs"') >= passes);
    assert.ok(sum(later, 'otto_workqueue_depth', 'queue="runs"') <= 10);
  });

  it('counts what it asks of the API server by verb and code', () => {
    assert.equal(grown('otto_api_requests_total', 'verb="create"', 'resource="pods"', 'code="201"'), 3);
    assert.ok(grown('otto_api_requests_total', 'verb="patch"', 'resource="runs"', 'code="200"') >= 4);
    assert.ok(grown('otto_api_request_seconds_count', 'verb="create"') >= 3);
  });

  it('counts the reports of stages', () => {
    assert.ok(grown('otto_reports_total', 'code="204"') + grown('otto_reports_total', 'code="200"') >= 3);
  });

  it('says that it leads, and how old its caches are', () => {
    assert.equal(sum(later, 'otto_leader'), 1);
    for (const resource of ['runs', 'pods', 'pipelines']) {
      const age = sum(later, 'otto_cache_age_seconds', `resource="${resource}"`);
      assert.ok(age >= 0 && age < 150, `the cache of ${resource} is ${age} s old`);
    }
    assert.ok(sum(later, 'otto_cache_objects', 'resource="runs"') >= 2);
  });

  it('is alive and ready', async () => {
    assert.equal(await ask('/healthz'), 'ok\n');
    assert.equal(await ask('/readyz'), 'ok\n');
  });

  it('logs one line of JSON for each change, with its Run and stage', async () => {
    const lines = (await inOtto('logs', leader)).trimEnd().split('\n');
    const entries: Entry[] = lines.map((line) => JSON.parse(line));
    assert.ok(entries.every(({ level, message, timestamp }) => level && message && timestamp));
    const changes = entries
      .filter(({ namespace, run }) => namespace === space.namespace && run === 'well')
      .map(({ message, stage, result }) => [message, stage, result].filter(Boolean).join(' '));
    assert.deepEqual(changes, [
      'stage started one',
      'stage ended one Succeeded',
      'stage started two',
      'stage ended two Succeeded',
      'run ended Succeeded',
    ]);
  });
});

interface Entry {
  level?: string;
  message?: string;
  timestamp?: string;
  namespace?: string;
  run?: string;
  stage?: string;
  result?: string;
}
