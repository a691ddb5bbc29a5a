/** Two operators, of which the one that leads is killed, told to go, upgraded, or both are gone for a while. */
import assert from 'node:assert/strict';
import { setTimeout as lasts } from 'node:timers/promises';
import { operatorNamespace, release } from '../../hack/install/otto.ts';
import { tool } from '../../hack/tools/tools.ts';
import type { Lease, Pod } from '../../src/api/kubernetes.ts';
import { LEASES, PODS } from '../../src/kube/resource.ts';
import { killFirstProcess } from '../node.ts';
import { Stream } from '../stream.ts';
import { Diamonds, LIMIT_MS, releaseStage, UNTIL_RELEASED } from './diamonds.ts';
import { eventually, type Ground, prepare, rolledOut, scaleOperators, upgrade } from './ground.ts';
import { Witness } from './page.ts';

/** What the documentation promises. */
const TAKEOVER_MS = 15_000;
const HANDOVER_MS = 5000;
const AWAY_MS = 20_000;
/** The kubelet starts a container again at once, then after 10 s, then after 20: by then the other has taken over. */
const MOST_KILLS = 4;

describe('with two operators a Run', function () {
  this.timeout(LIMIT_MS);
  let ground: Ground;
  let diamonds: Diamonds;

  const lease = async (): Promise<NonNullable<Lease['spec']>> => {
    const { spec = {} } = await ground.client.get(LEASES, { namespace: operatorNamespace, name: release });
    return spec;
  };
  const leader = async (): Promise<Pod> => {
    const name = await eventually('somebody leads', async () => (await lease()).holderIdentity || undefined);
    return await ground.client.get(PODS, { namespace: operatorNamespace, name });
  };
  /** When somebody took or renewed the lease after a moment. @returns who, and how long it took. */
  const takenAfter = async (killedAt: number, other?: string): Promise<{ holder: string; ms: number }> =>
    await eventually('the lease is taken again', async () => {
      const { holderIdentity: holder = '', renewTime = '', acquireTime = '' } = await lease();
      const at = Date.parse(other === undefined ? renewTime : acquireTime);
      if (holder === '' || holder === other || at <= killedAt) return undefined;
      return { holder, ms: at - killedAt };
    });

  before(async () => {
    ground = await prepare();
    await rolledOut(ground.kubectl);
  });
  beforeEach(async () => {
    diamonds = new Diamonds(ground, 'leader');
    await diamonds.start();
  });
  afterEach(async () => {
    await diamonds.stop();
    await rolledOut(ground.kubectl);
  });

  it('goes on within 15 s when the leader is killed, until the other one has taken over', async () => {
    await diamonds.create(['killed'], { first: UNTIL_RELEASED, left: 'sleep 2', right: 'sleep 4' });
    const first = await diamonds.begun('killed', 'first');
    const before = (await leader()).metadata.name ?? '';
    let holder = before;
    for (let kills = 0; kills < MOST_KILLS && holder === before; kills++) {
      const killedAt = await killFirstProcess(leader, 'operator');
      const taken = await takenAfter(killedAt);
      assert.ok(taken.ms < TAKEOVER_MS, `after kill ${kills + 1} nobody led for ${taken.ms} ms`);
      holder = taken.holder;
      if (kills === 0) releaseStage(first);
    }
    assert.notEqual(holder, before, 'the other never took over');
    await diamonds.allSucceed();
    await new Witness('leading operator killed', () => diamonds.describe('killed')).sawAll();
  });

  it('goes on at once when the leader is told to go, which finishes what it does', async () => {
    await diamonds.create(['told'], { left: UNTIL_RELEASED, right: 'sleep 1' });
    const left = await diamonds.begun('told', 'left');
    const old = (await leader()).metadata.name ?? '';
    const kubectl = await tool('kubectl');
    const where = ['--kubeconfig', ground.cluster.kubeconfig, '--namespace', operatorNamespace];
    const log = new Stream(kubectl, [...where, 'logs', '-f', old]);
    await log.says(/this process leads/);
    releaseStage(left);
    const toldAt = Date.now();
    await ground.kubectl(['-n', operatorNamespace, 'delete', 'pod', old, '--wait=false']);
    const { ms } = await takenAfter(toldAt, old);
    assert.ok(ms < HANDOVER_MS, `the lease was handed over after ${ms} ms`);
    await log.says(/operator stopped/);
    assert.doesNotMatch(log.stdout, /"level":"error"/);
    await diamonds.allSucceed();
    await new Witness('leading operator told to stop', () => diamonds.describe('told')).sawAll();
  });

  it('goes on while the operators are upgraded', async () => {
    const names = Array.from({ length: 4 }, (_, i) => `upgraded-${i}`);
    await diamonds.create(names, { first: 'sleep 1', left: 'sleep 2', right: 'sleep 5', join: 'sleep 2' });
    await upgrade(ground, `podAnnotations.upgraded=at-${Date.now()}`);
    await diamonds.allSucceed();
    await new Witness('operator upgraded', () => diamonds.describe('upgraded-0')).sawAll();
  });

  it('goes on when there are operators again', async () => {
    await diamonds.create(['away'], { left: UNTIL_RELEASED, right: 'sleep 1' });
    const left = await diamonds.begun('away', 'left');
    await scaleOperators(ground, 0);
    try {
      releaseStage(left);
      await lasts(AWAY_MS);
      const { status } = await diamonds.run('away');
      assert.equal(status?.completionTime, undefined, 'somebody went on with it');
    } finally {
      await scaleOperators(ground, 2);
    }
    await rolledOut(ground.kubectl);
    await diamonds.allSucceed();
    await new Witness('no operator for a while', () => diamonds.describe('away')).sawAll();
  });
});
