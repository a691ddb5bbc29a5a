import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { ManualClock } from './testing/manual-clock.ts';
import { WorkQueue, type WorkQueueOptions } from './work-queue.ts';

describe('a work queue', () => {
  let clock: ManualClock;

  beforeEach(() => {
    clock = new ManualClock();
  });

  const newQueue = (options: WorkQueueOptions = {}): WorkQueue => new WorkQueue({ clock, ...options });
  const add = (queue: WorkQueue, ...keys: string[]): void => {
    for (const key of keys) queue.add(key);
  };
  /** What is ready now. */
  async function takeAll(queue: WorkQueue): Promise<(string | undefined)[]> {
    const keys: (string | undefined)[] = [];
    while (queue.size > 0) keys.push(await queue.get());
    return keys;
  }

  it('gives keys in their order, each once however often it was added', async () => {
    const queue = newQueue();
    add(queue, 'a', 'b', 'a', 'c', 'b');
    assert.equal(queue.size, 3);
    assert.deepEqual(await takeAll(queue), ['a', 'b', 'c']);
  });

  it('keeps a key from a second worker, and gives it again after the first is done', async () => {
    const queue = newQueue();
    add(queue, 'a');
    assert.equal(await queue.get(), 'a');
    add(queue, 'a', 'b', 'a');
    assert.deepEqual(await takeAll(queue), ['b']);
    queue.done('a');
    assert.deepEqual(await takeAll(queue), ['a']);
    queue.done('a');
    assert.equal(queue.size, 0);
  });

  it('gives a key that comes again after those that wait already', async () => {
    const queue = newQueue();
    add(queue, 'a');
    await queue.get();
    add(queue, 'a', 'b', 'c');
    queue.done('a');
    assert.deepEqual(await takeAll(queue), ['b', 'c', 'a']);
  });

  it('serves workers that wait in the order in which they came', async () => {
    const queue = newQueue();
    const waiting = [queue.get(), queue.get()];
    add(queue, 'a', 'b');
    assert.deepEqual(await Promise.all(waiting), ['a', 'b']);
  });

  it('adds a key after its time, of several the earliest, by one timer', async () => {
    const queue = newQueue();
    for (let i = 0; i < 1000; i++) queue.addAfter(`k${i}`, 5000 + i);
    queue.addAfter('a', 3000);
    queue.addAfter('a', 1000);
    queue.addAfter('a', 2000);
    assert.equal(clock.timers, 1);
    await clock.advance(999);
    assert.equal(queue.size, 0);
    await clock.advance(1);
    assert.deepEqual(await takeAll(queue), ['a']);
    queue.done('a');
    await clock.advance(3000);
    assert.equal(queue.size, 0, 'the later times of the key are void');
    await clock.advance(2000);
    assert.equal(queue.size, 1000);
    assert.equal(clock.timers, 0);
  });

  it('adds a key at once whose time is over', () => {
    const queue = newQueue();
    queue.addAfter('a', 0);
    queue.addAfter('b', -5);
    assert.equal(queue.size, 2);
  });

  it('waits longer after each failure of a key, up to a limit, and not after it is forgotten', async () => {
    const queue = newQueue({ firstDelayMs: 50, maxDelayMs: 300 });
    const waits: number[] = [];
    const measure = async (): Promise<void> => {
      queue.addRateLimited('a');
      const from = clock.elapsed();
      while (queue.size === 0) await clock.advance(50);
      waits.push(clock.elapsed() - from);
      queue.done((await queue.get()) ?? '');
    };
    for (let i = 0; i < 5; i++) await measure();
    queue.forget('a');
    await measure();
    assert.deepEqual(waits, [50, 100, 200, 300, 300, 50]);
  });

  it('gives nothing more once it is shut down, to those that wait and those that come', async () => {
    const queue = newQueue();
    add(queue, 'a', 'b');
    assert.equal(await queue.get(), 'a');
    queue.addAfter('c', 1000);
    queue.shutDown();
    add(queue, 'd');
    queue.done('a');
    queue.addRateLimited('a');
    assert.equal(await queue.get(), undefined);
    assert.equal(clock.timers, 0);
    const idle = newQueue();
    const waiting = idle.get();
    idle.shutDown();
    assert.equal(await waiting, undefined);
  });

  it('tells its depth, what was added and retried, and how long keys waited', async () => {
    const depths: number[] = [];
    const waits: number[] = [];
    let adds = 0;
    let retries = 0;
    const queue = newQueue({
      onDepth: (depth) => depths.push(depth),
      onAdd: () => adds++,
      onRetry: () => retries++,
      onWait: (seconds) => waits.push(seconds),
    });
    add(queue, 'a', 'a', 'b');
    await clock.advance(1500);
    await takeAll(queue);
    queue.addRateLimited('a');
    assert.deepEqual(
      { depths, waits, adds, retries },
      { depths: [1, 2, 1, 0], waits: [1.5, 1.5], adds: 2, retries: 1 },
    );
  });

  it('stays quick and in order with many keys', async () => {
    const queue = newQueue();
    const keys = Array.from({ length: 100_000 }, (_, i) => `k${i}`);
    add(queue, ...keys);
    assert.deepEqual(await takeAll(queue), keys);
  });

  it('loses no key, and gives none to two workers, whatever the order of calls', async () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    const call = fc.oneof(
      fc.record({ do: fc.constant('add' as const), key }),
      fc.record({ do: fc.constant('again' as const), key }),
      fc.record({ do: fc.constant('later' as const), key, ms: fc.integer({ min: -10, max: 500 }) }),
      fc.record({ do: fc.constant('get' as const) }),
      fc.record({ do: fc.constant('done' as const) }),
      fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 300 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 60 }), async (calls) => {
        clock = new ManualClock();
        const queue = newQueue();
        const working: string[] = [];
        const wanted = new Set<string>();
        const take = async (): Promise<void> => {
          if (queue.size === 0) return;
          const taken = (await queue.get()) ?? '';
          assert.ok(!working.includes(taken));
          working.push(taken);
          wanted.delete(taken);
        };
        for (const each of calls) {
          if ('key' in each) wanted.add(each.key);
          if (each.do === 'get') await take();
          else if (each.do === 'done') queue.done(working.shift() ?? '');
          else if (each.do === 'pass') await clock.advance(each.ms);
          else if (each.do === 'later') queue.addAfter(each.key, each.ms);
          else if (each.do === 'again') queue.addRateLimited(each.key);
          else queue.add(each.key);
        }
        await clock.advance(600_000);
        for (const each of working.splice(0)) queue.done(each);
        while (queue.size > 0) await take();
        assert.deepEqual(wanted, new Set());
      }),
    );
  });
});
