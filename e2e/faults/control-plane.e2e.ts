/** The API server gone, and etcd that does not answer: running stages go on, and nothing is done twice. */
import assert from 'node:assert/strict';
import { setTimeout as lasts } from 'node:timers/promises';
import { Diamonds, LIMIT_MS, loopOf, releaseStage, UNTIL_RELEASED } from './diamonds.ts';
import { eventually, type Ground, prepare } from './ground.ts';
import { Witness } from './page.ts';

const API_SERVER = 'kube-apiserver';
const OUTAGE_MS = 20_000;
/** The last is longer than the operator may lead without renewing its lease. */
const PAUSES_MS: readonly number[] = [3000, 3000, 3000, 12_000];
const BETWEEN_MS = 1000;

describe('a Run', function () {
  this.timeout(LIMIT_MS);
  let ground: Ground;
  let diamonds: Diamonds;

  before(async () => {
    ground = await prepare();
  });
  beforeEach(async () => {
    diamonds = new Diamonds(ground, 'control-plane');
    await diamonds.start();
  });
  afterEach(async () => {
    const etcd = ground.components.componentPid('etcd');
    if (etcd !== undefined) process.kill(etcd, 'SIGCONT');
    if (ground.components.componentPid(API_SERVER) === undefined)
      await ground.components.startComponent(API_SERVER);
    await diamonds.stop();
  });

  it('goes on while the API server is gone, and takes up what ended meanwhile, or just then', async () => {
    const long = ['api-1', 'api-2', 'api-3'];
    const moments = Array.from({ length: 6 }, (_, i) => `moment-${i}`);
    await diamonds.create(long, { left: UNTIL_RELEASED, right: UNTIL_RELEASED });
    await diamonds.create(moments, { first: UNTIL_RELEASED });
    const ending = await Promise.all(moments.map((name) => diamonds.begun(name, 'first')));
    const lefts = await Promise.all(long.map((name) => diamonds.begun(name, 'left')));
    const rights = await Promise.all(long.map((name) => diamonds.begun(name, 'right')));
    let killed: Promise<void> | undefined;
    for (const [i, pod] of ending.entries()) {
      // Some are told of before the kill, some are being written, some find nobody.
      if (i === 3) killed = ground.components.stopComponent(API_SERVER);
      releaseStage(pod);
      await lasts(25);
    }
    await killed;
    const back = lasts(OUTAGE_MS);
    for (const pod of lefts) releaseStage(pod);
    for (const pod of lefts) {
      await eventually(
        'the stage ended without the API server',
        () => loopOf(pod) === undefined || undefined,
      );
    }
    assert.ok(
      rights.every((pod) => loopOf(pod) !== undefined),
      'a stage that was to go on did not',
    );
    await back;
    await ground.components.startComponent(API_SERVER);
    for (const pod of rights) releaseStage(pod);
    await diamonds.allSucceed();
    await new Witness('API server killed while stages run', () => diamonds.describe('api-1')).sawAll();
    await new Witness('API server killed as a stage ends', () => diamonds.describe('moment-3')).sawAll();
  });

  it('is only slowed down by an etcd that does not answer for seconds, again and again', async () => {
    const names = Array.from({ length: 4 }, (_, i) => `etcd-${i}`);
    await diamonds.create(names, { first: 'sleep 1', left: 'sleep 2', right: 'sleep 4' });
    const etcd = ground.components.componentPid('etcd') ?? 0;
    assert.ok(etcd > 1, 'etcd does not run');
    for (const pause of PAUSES_MS) {
      process.kill(etcd, 'SIGSTOP');
      await lasts(pause);
      process.kill(etcd, 'SIGCONT');
      await lasts(BETWEEN_MS);
    }
    await diamonds.allSucceed();
    await new Witness('etcd slow', () => diamonds.describe('etcd-0')).sawAll();
  });
});
