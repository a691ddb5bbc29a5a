/** A node that is cut off: its kubelet and its container runtime are killed, and come back later. */
import assert from 'node:assert/strict';
import { PODS } from '../../src/kube/resource.ts';
import { Diamonds, LIMIT_MS, loopOf, releaseStage, UNTIL_RELEASED } from './diamonds.ts';
import { eventually, type Ground, prepare } from './ground.ts';
import { Witness } from './page.ts';
import { ReadyNode } from './ready-node.ts';

/** From the back to the front: the kubelet asks the runtime. */
const PARTS = ['kubelet', 'containerd'] as const;

describe('a Run whose node is lost', function () {
  this.timeout(LIMIT_MS);
  let ground: Ground;
  let diamonds: Diamonds;
  let other: ReadyNode;

  const restore = async (): Promise<void> => {
    for (const part of PARTS.toReversed()) {
      if (ground.components.componentPid(part) === undefined) await ground.components.startComponent(part);
    }
  };

  before(async () => {
    ground = await prepare();
    diamonds = new Diamonds(ground, 'node');
    await diamonds.start();
    other = new ReadyNode(ground.kubectl, 'answers');
    await other.start();
  });
  after(async () => {
    await restore();
    await other.stop();
    await diamonds.stop();
  });

  it('keeps the success that was reported, and repeats what was lost when a node is there again', async () => {
    const hangsOnce = `test $OTTO_ATTEMPT -gt 1 || { ${UNTIL_RELEASED}; }`;
    await diamonds.create(['lost'], { left: UNTIL_RELEASED, right: hangsOnce });
    const left = await diamonds.begun('lost', 'left');
    const right = await diamonds.begun('lost', 'right');
    const seen = new Witness('node lost', () => diamonds.describe('lost'));
    for (const part of PARTS) await ground.components.stopComponent(part);

    // The kubelet cannot tell it any more, the runner can.
    releaseStage(left);
    const ofStage = async (name: string): Promise<object> => {
      const { status } = await diamonds.run('lost');
      const { state, result, reason, attempt } = status?.stages?.find((stage) => stage.name === name) ?? {};
      return { state, result, reason, attempt };
    };
    const until = async (name: string, wanted: object): Promise<void> => {
      await eventually(`${name} is ${JSON.stringify(wanted)}`, async () => {
        const now = await ofStage(name);
        return JSON.stringify({ ...now, ...wanted }) === JSON.stringify(now) || undefined;
      });
    };
    await until('left', { state: 'Finished', result: 'Succeeded' });

    // Its processes run on, but nobody knows.
    await until('right', { state: 'Running', reason: 'NodeLost' });
    await seen.look();
    assert.notEqual(loopOf(right), undefined, 'the processes of a lost node ended');
    await until('right', { attempt: 2, reason: 'Unschedulable' });
    await seen.look();

    await restore();
    const run = await diamonds.ended('lost');
    assert.equal(run.status?.result, 'Succeeded');
    const stages = (run.status?.stages ?? []).map(({ name, result, attempt, retried = [] }) => {
      return [name, result, attempt, ...retried.map(({ reason }) => reason)].join(' ');
    });
    assert.deepEqual(stages, [
      'first Succeeded 1',
      'left Succeeded 1',
      'right Succeeded 2 NodeLost',
      'join Succeeded 1',
      'last Succeeded 1',
    ]);
    await seen.sawAll();
    await eventually(
      'the node has ended what it was told to end',
      () => loopOf(right) === undefined || undefined,
    );
    const key = { namespace: diamonds.namespace, name: left.metadata.name ?? '' };
    await eventually('the pod of the stage that succeeded is over', async () => {
      const pod = await ground.client.get(PODS, key).catch(() => undefined);
      return pod === undefined || pod.status?.phase === 'Succeeded' || undefined;
    });
  });
});
