import assert from 'node:assert/strict';
import type { Event, Pod } from '../api/kubernetes.ts';
import type { ListOptions } from '../kube/client.ts';
import { aPod, NOW } from '../testing/engine/builders.ts';
import { PodWarnings } from './pod-warnings.ts';

const CREATING = { otto: { waiting: 'ContainerCreating' }, main: { waiting: 'ContainerCreating' } };

function aWarning(reason: string, time: string, message = reason): Event {
  return {
    metadata: { name: reason },
    involvedObject: {},
    reason,
    message,
    lastTimestamp: time,
  };
}

describe('the warnings of pods', () => {
  let now: number;
  let events: Event[];
  let asked: ListOptions[];
  let isAway: boolean;
  let warnings: PodWarnings;

  beforeEach(() => {
    now = NOW;
    events = [];
    asked = [];
    isAway = false;
    const list = (_type: object, options: ListOptions): Promise<never> => {
      asked.push(options);
      if (isAway) return Promise.reject(new Error('away'));
      return Promise.resolve({ metadata: {}, items: events } as never);
    };
    warnings = new PodWarnings({ list }, () => now);
  });

  const aStuckPod = (uid = 'u'): Pod => aPod('build', { uid, phase: 'Pending', containers: CREATING });
  const reasonOf = async (pod: Pod): Promise<string | undefined> =>
    (await warnings.of([pod])).warnings.get(pod.metadata.uid ?? '')?.reason;

  it('are not asked for while a pod is only starting', async () => {
    const { askAgainMs, warnings: found } = await warnings.of([aStuckPod()]);
    assert.equal(askAgainMs, 3000, 'but when it would be stuck');
    assert.equal(found.size, 0);
    assert.deepEqual(asked, []);
  });

  it('are the newest of a pod that is stuck, asked for by its uid', async () => {
    events = [
      aWarning('FailedScheduling', '2026-03-01T12:00:01Z'),
      aWarning('FailedMount', '2026-03-01T12:00:03Z', 'secret "x" not found'),
      aWarning('Other', '2026-03-01T12:00:02Z'),
    ];
    now += 3000;
    const { warnings: found, askAgainMs } = await warnings.of([aStuckPod()]);
    assert.deepEqual(found.get('u'), { reason: 'FailedMount', message: 'secret "x" not found' });
    assert.equal(askAgainMs, 5000);
    assert.equal(asked[0]?.fieldSelector, 'involvedObject.uid=u,type=Warning');
    assert.equal(asked[0]?.namespace, 'team');
  });

  it('are read from events of the newer kind too', async () => {
    const { lastTimestamp: _, ...newer } = aWarning('FailedMount', '');
    events = [
      aWarning('Old', '2026-03-01T12:00:01Z'),
      { ...newer, eventTime: '2026-03-01T12:00:02.000000Z' },
    ];
    now += 3000;
    assert.equal(await reasonOf(aStuckPod()), 'FailedMount');
  });

  it('are asked for every five seconds and remembered in between', async () => {
    events = [aWarning('A', '2026-03-01T12:00:01Z')];
    now += 3000;
    await warnings.of([aStuckPod()]);
    now += 4999;
    const { warnings: found, askAgainMs } = await warnings.of([aStuckPod()]);
    assert.deepEqual([found.get('u')?.reason, askAgainMs, asked.length], ['A', 1, 1]);
    now += 1;
    events = [aWarning('B', '2026-03-01T12:00:08Z')];
    assert.equal(await reasonOf(aStuckPod()), 'B');
  });

  it('stay what they were when the API server cannot be asked, or has forgotten', async () => {
    events = [aWarning('A', '2026-03-01T12:00:01Z')];
    now += 3000;
    await warnings.of([aStuckPod()]);
    isAway = true;
    now += 5000;
    assert.equal(await reasonOf(aStuckPod()), 'A');
    isAway = false;
    events = [];
    now += 5000;
    assert.equal(await reasonOf(aStuckPod()), 'A');
  });

  it('are forgotten when the pod runs', async () => {
    events = [aWarning('A', '2026-03-01T12:00:01Z')];
    now += 3000;
    await warnings.of([aStuckPod()]);
    await warnings.of([aPod('build', { uid: 'u' })]);
    isAway = true;
    assert.equal(await reasonOf(aStuckPod()), undefined);
  });

  for (const [what, pod] of [
    ['that runs', aPod('build')],
    ['that waits for a node', aPod('build', { phase: 'Pending', containers: null })],
    [
      'that waits for an image',
      aPod('build', { phase: 'Pending', containers: { otto: { waiting: 'ErrImagePull' } } }),
    ],
    [
      'whose service gets ready',
      aPod('build', { phase: 'Pending', containers: CREATING, services: { db: { running: NOW } } }),
    ],
    ['that has ended', aPod('build', { phase: 'Succeeded', containers: { otto: { exit: 0 } } })],
  ] as const) {
    it(`are not asked for of a pod ${what}`, async () => {
      now += 60_000;
      assert.deepEqual(await warnings.of([pod]), { warnings: new Map() });
      assert.deepEqual(asked, []);
    });
  }

  it('of several pods are asked for again when the first is due', async () => {
    const { askAgainMs } = await warnings.of([
      aStuckPod('a'),
      aPod('build', { uid: 'b', phase: 'Pending', containers: CREATING, created: NOW - 2000 }),
    ]);
    assert.equal(askAgainMs, 1000);
  });

  it('are cut to a length that fits a status', async () => {
    events = [aWarning('A', '2026-03-01T12:00:01Z', 'x'.repeat(5000))];
    now += 3000;
    const { warnings: found } = await warnings.of([aStuckPod()]);
    assert.equal(found.get('u')?.message.length, 1000);
  });
});
