/** Stages that cannot report to the operator: everything ends the same, only slower. */
import assert from 'node:assert/strict';
import { operatorNamespace, release } from '../../hack/install/otto.ts';
import type { PipelineSpec } from '../../src/api/generated/types.ts';
import { anInlineRun, Space } from '../space.ts';
import { eventually, type Ground, IMAGE, PATIENCE_MS, prepare, upgrade } from './ground.ts';
import { Witness } from './page.ts';

const PIPELINE: PipelineSpec = {
  defaults: { image: IMAGE },
  stages: [
    {
      name: 'make',
      outputs: { version: '${{ steps.version.outputs.number }}' },
      steps: [{ id: 'version', sh: 'echo number=1.2 >>"$OTTO_OUTPUT"' }, { echo: 'made' }],
    },
    {
      name: 'check',
      allowFailure: true,
      steps: [{ sh: 'echo the cause; exit 4' }, { echo: 'not reached' }],
      post: { always: [{ echo: 'cleaned' }] },
    },
    {
      name: 'use',
      env: { VERSION: '${{ stages.make.outputs.version }}' },
      steps: [{ sh: 'test $VERSION = 1.2' }],
    },
  ],
  finally: [{ name: 'tell', steps: [{ sh: 'test $OTTO_RUN_RESULT = Succeeded' }] }],
};
const SLICE = [
  '-n',
  operatorNamespace,
  'get',
  'endpointslice',
  `${release}-reports`,
  '--ignore-not-found',
  '-o',
  'name',
];

describe('without direct reports a Run', function () {
  this.timeout(PATIENCE_MS * 2);
  const space = new Space('reports-cut');
  let ground: Ground;
  let usual: object;

  /** All that it says in the end, but for times and names. */
  const told = async (name: string): Promise<object> => {
    await space.create(anInlineRun(name, PIPELINE));
    const { status } = await space.ended(name, PATIENCE_MS);
    const stages = (status?.stages ?? []).map(
      ({ name: stage, steps = [], outputs, result, reason, message, attempt }) => ({
        stage,
        outputs,
        result,
        reason,
        message,
        attempt,
        steps: steps.map((step) => ({ ...step, startTime: undefined, finishTime: undefined })),
      }),
    );
    return { result: status?.result, message: status?.message, progress: status?.progress, stages };
  };
  const isTold = async (fault: string, name: string): Promise<void> => {
    await new Witness(fault, () => space.kubectl(['describe', 'run', name])).sawAll();
  };

  before(async () => {
    ground = await prepare();
    await space.start();
    usual = await told('usual');
  });
  afterEach(async function () {
    await space.explain(this.currentTest);
  });
  after(async () => {
    await space.stop();
    await upgrade(ground, 'reports.url=', 'reports.enabled=true');
  });

  it('ends the same when their address is gone, which comes back', async () => {
    await ground.kubectl(['-n', operatorNamespace, 'delete', 'endpointslice', `${release}-reports`]);
    assert.deepEqual(await told('slice'), usual);
    await isTold('report channel cut', 'slice');
    await eventually('the address is back', async () => (await ground.kubectl(SLICE)) !== '' || undefined);
  });

  it('ends the same when they are told a wrong address', async () => {
    await upgrade(ground, 'reports.url=https://nobody.nowhere.svc:8443/v1/report');
    assert.deepEqual(await told('wrong'), usual);
    await isTold('address for reports wrong', 'wrong');
  });

  it('ends the same when they are switched off', async () => {
    await upgrade(ground, 'reports.url=', 'reports.enabled=false');
    assert.deepEqual(await told('off'), usual);
    await isTold('reports switched off', 'off');
  });
});
