import assert from 'node:assert/strict';
import type { KubeObject } from '../api/kubernetes.ts';
import { ApiError } from './errors.ts';
import { EventRecorder } from './events.ts';
import { FakeEvents } from './testing/fake-events.ts';
import { ManualClock, settled } from './testing/manual-clock.ts';

const MINUTE = 60_000;

describe('an event recorder', () => {
  let clock: ManualClock;
  let fake: FakeEvents;
  let errors: unknown[];
  let recorder: EventRecorder;

  const newRecorder = (): EventRecorder =>
    new EventRecorder({
      client: fake.client,
      component: 'otto',
      instance: 'otto-0',
      clock,
      onError: (error) => errors.push(error),
    });
  const aRun = (name = 'r', uid = `uid-${name}`): KubeObject => ({
    apiVersion: 'otto.dev/v1alpha1',
    kind: 'Run',
    metadata: { name, namespace: 'a', uid, resourceVersion: '7', labels: { big: 'x' } },
  });

  beforeEach(() => {
    clock = new ManualClock();
    fake = new FakeEvents();
    errors = [];
    recorder = newRecorder();
  });

  it('writes what kubectl describe shows', async () => {
    recorder.record(aRun(), 'Warning', 'StageFailed', 'stage "build" failed');
    await recorder.flush(1000);
    const [event] = fake.events.values();
    assert.match(event?.metadata.name ?? '', /^r\.[0-9a-f]{16}$/);
    assert.deepEqual(
      { ...event, metadata: { namespace: event?.metadata.namespace } },
      {
        metadata: { namespace: 'a' },
        involvedObject: {
          apiVersion: 'otto.dev/v1alpha1',
          kind: 'Run',
          namespace: 'a',
          name: 'r',
          uid: 'uid-r',
          resourceVersion: '7',
        },
        type: 'Warning',
        reason: 'StageFailed',
        message: 'stage "build" failed',
        source: { component: 'otto' },
        reportingComponent: 'otto',
        reportingInstance: 'otto-0',
        firstTimestamp: '2023-11-14T22:13:20Z',
        lastTimestamp: '2023-11-14T22:13:20Z',
        count: 1,
      },
    );
  });

  it('counts the same fact in one Event for ten minutes, and then begins another', async () => {
    for (let i = 0; i < 5; i++) {
      recorder.record(aRun(), 'Normal', 'Same', 'text');
      await recorder.flush(1000);
      await clock.advance(MINUTE);
    }
    assert.deepEqual(fake.counts, [['Same', 5]]);
    assert.equal([...fake.events.values()][0]?.lastTimestamp, '2023-11-14T22:17:20Z');
    await clock.advance(6 * MINUTE);
    recorder.record(aRun(), 'Normal', 'Same', 'text');
    await recorder.flush(1000);
    assert.deepEqual(fake.counts, [
      ['Same', 5],
      ['Same', 1],
    ]);
  });

  it('writes once what happens many times at once', async () => {
    for (let i = 0; i < 50; i++) recorder.record(aRun(), 'Normal', 'Same', 'text');
    await recorder.flush(1000);
    assert.deepEqual(fake.counts, [['Same', 50]]);
    assert.equal(fake.writes, 1);
  });

  it('keeps apart what differs in object, kind, reason or message', async () => {
    recorder.record(aRun('r'), 'Normal', 'A', 'x');
    recorder.record(aRun('s'), 'Normal', 'A', 'x');
    recorder.record(aRun('r', 'another'), 'Normal', 'A', 'x');
    recorder.record(aRun('r'), 'Warning', 'A', 'x');
    recorder.record(aRun('r'), 'Normal', 'B', 'x');
    recorder.record(aRun('r'), 'Normal', 'A', 'y');
    await recorder.flush(1000);
    assert.equal(fake.events.size, 6);
  });

  it('goes on counting where this process did before it started again', async () => {
    recorder.record(aRun(), 'Normal', 'Same', 'text');
    await recorder.flush(1000);
    recorder = newRecorder();
    recorder.record(aRun(), 'Normal', 'Same', 'text');
    await recorder.flush(1000);
    assert.deepEqual(fake.counts, [['Same', 2]]);
  });

  it('makes an Event again that was deleted meanwhile', async () => {
    recorder.record(aRun(), 'Normal', 'Same', 'text');
    await recorder.flush(1000);
    fake.events.clear();
    recorder.record(aRun(), 'Normal', 'Same', 'text');
    const flushed = recorder.flush(10_000);
    await clock.advance(1000);
    await flushed;
    assert.deepEqual(fake.counts, [['Same', 2]]);
    assert.equal(recorder.dropped, 0);
  });

  it('gives each object 25 at once and one more each five minutes', async () => {
    for (let i = 0; i < 30; i++) recorder.record(aRun(), 'Normal', 'Different', `text ${i}`);
    recorder.record(aRun('other'), 'Normal', 'Different', 'text');
    await recorder.flush(1000);
    assert.equal(fake.events.size, 26);
    assert.equal(recorder.dropped, 5);
    await clock.advance(5 * MINUTE);
    recorder.record(aRun(), 'Normal', 'Different', 'later');
    recorder.record(aRun(), 'Normal', 'Different', 'too many');
    await recorder.flush(1000);
    assert.equal(fake.events.size, 27);
  });

  it('tries again after an outage, and drops and counts what cannot be written', async () => {
    let outages = 2;
    fake.reach = async () => {
      if (outages-- > 0) throw new ApiError(503, 'ServiceUnavailable', 'down');
    };
    recorder.record(aRun(), 'Normal', 'Late', 'text');
    await clock.advance(3000);
    assert.deepEqual(fake.counts, [['Late', 1]]);
    outages = 3;
    recorder.record(aRun(), 'Normal', 'Lost', 'text');
    await clock.advance(10_000);
    assert.deepEqual(fake.counts, [['Late', 1]]);
    assert.equal(recorder.dropped, 1);
    assert.equal(errors.length, 1);
    recorder.record(aRun(), 'Normal', 'After', 'text');
    await settled();
    assert.equal(fake.events.size, 2);
  });

  it('does not try again what is refused', async () => {
    fake.reach = async () => {
      throw new ApiError(403, 'Forbidden', 'the namespace is being terminated');
    };
    recorder.record(aRun(), 'Normal', 'A', 'text');
    await recorder.flush(1000);
    assert.deepEqual([fake.writes, recorder.dropped, errors.length], [1, 1, 1]);
  });

  it('never blocks, holds no more than a thousand, and flushes no longer than it is given', async () => {
    fake.reach = () => new Promise(() => {});
    for (let i = 0; i < 1500; i++) recorder.record(aRun(`r${i}`), 'Normal', 'A', 'text');
    assert.ok(recorder.dropped >= 499, `${recorder.dropped} dropped`);
    const flushed = recorder.flush(2000);
    await clock.advance(2000);
    await flushed;
  });

  it('shortens a message that the API would not take', async () => {
    recorder.record(aRun(), 'Normal', 'Long', 'x'.repeat(5000));
    await recorder.flush(1000);
    assert.equal([...fake.events.values()][0]?.message?.length, 1024);
  });
});
