/** An installation that has rights in one namespace only, as the operations page installs it. */
import assert from 'node:assert/strict';
import { helm, release } from '../../hack/install/otto.ts';
import type { Run } from '../../src/api/run.ts';
import { PODS } from '../../src/kube/resource.ts';
import { anInlineRun, Space, stageOf } from '../space.ts';
import { CHART, type Ground, IMAGE, PATIENCE_MS, prepare, rolledOut, scaleOperators } from './ground.ts';

describe('Otto with rights in one namespace', function () {
  this.timeout(PATIENCE_MS * 2);
  /** Under Pod Security "restricted", the operator too. */
  const team = new Space('team');
  const other = new Space('other-team');
  let ground: Ground;

  const run = (name: string): object =>
    anInlineRun(name, {
      defaults: { image: IMAGE },
      stages: [
        { name: 'one', steps: [{ sh: 'echo one' }] },
        { name: 'two', steps: [{ sh: 'echo two' }] },
      ],
    });
  const image = async (): Promise<string[]> => {
    const values = await helm(ground.cluster, [
      'get',
      'values',
      release,
      '--namespace',
      'otto',
      '-o',
      'json',
    ]);
    const { repository, tag }: { repository: string; tag: string } = JSON.parse(values).image;
    return [`image.repository=${repository}`, `image.tag=${tag}`, 'image.pullPolicy=Never'];
  };
  const install = async (...values: string[]): Promise<void> => {
    const all = ['rbac.scope=Namespaced', 'rbac.aggregate=false', 'crds.install=false', ...values];
    await helm(ground.cluster, [
      'upgrade',
      '--install',
      release,
      CHART,
      '--namespace',
      team.namespace,
      ...[...(await image()), ...all].flatMap((value) => ['--set', value]),
    ]);
    await rolledOut(ground.kubectl, team.namespace);
  };
  /** Of the operator that leads. */
  const reportsTaken = async (): Promise<number> => {
    const lease = await team.kubectl(['get', 'lease', release, '-o', 'jsonpath={.spec.holderIdentity}']);
    const path = `/api/v1/namespaces/${team.namespace}/pods/${lease}:8080/proxy/metrics`;
    const metrics = await team.kubectl(['get', '--raw', path]);
    return [...metrics.matchAll(/^otto_reports_total\{code="2\d\d"\} (\d+)$/gm)].reduce(
      (total, [, count]) => total + Number(count),
      0,
    );
  };

  before(async () => {
    ground = await prepare();
    await team.start();
    await other.start();
    // Two operators must not watch one namespace.
    await scaleOperators(ground, 0);
    await ground.kubectl([
      '-n',
      'otto',
      'wait',
      '--for=delete',
      'pod',
      '-l',
      `app.kubernetes.io/instance=${release}`,
    ]);
    await other.create(run('stranger'));
    await install();
  });
  afterEach(async function () {
    await team.explain(this.currentTest);
  });
  after(async () => {
    await helm(ground.cluster, ['uninstall', release, '--namespace', team.namespace]);
    await scaleOperators(ground, 2);
    await rolledOut(ground.kubectl);
    await team.stop();
    await other.stop();
  });

  it('runs the Runs of its namespace, without direct reports', async () => {
    await team.create(run('own'));
    const ended = await team.ended('own', PATIENCE_MS);
    assert.equal(ended.status?.result, 'Succeeded');
    assert.match(await team.log(ended, 'two'), /two/);
    assert.equal(await reportsTaken(), 0);
  });

  it('takes direct reports when it may ask for the tokens of stages', async () => {
    await install('rbac.tokenReviews=true');
    await team.create(run('reported'));
    const ended = await team.ended('reported', PATIENCE_MS);
    assert.equal(ended.status?.result, 'Succeeded');
    assert.equal(stageOf(ended, 'one').attempt, 1);
    assert.ok((await reportsTaken()) >= 2, 'no stage reported');
  });

  it('does not touch Runs of other namespaces', async () => {
    const { items } = await ground.client.list(PODS, { namespace: other.namespace });
    const stranger: Run = JSON.parse(await other.kubectl(['get', 'run', 'stranger', '-o', 'json']));
    // As the API server makes it: seen by nobody.
    const unseen = { observedGeneration: -1 };
    assert.deepEqual({ pods: items.length, status: stranger.status }, { pods: 0, status: unseen });
  });

  it('is refused nothing that it asks for', async () => {
    const log = await team.kubectl(['logs', `deployment/${release}`]);
    assert.doesNotMatch(log, /forbidden/i);
  });
});
