import assert from 'node:assert/strict';
import type { Logger } from './logging.ts';
import { createMetrics } from './metrics.ts';
import { type KeyQueue, type Outcome, type PoolOptions, runWorkers } from './worker-pool.ts';

/** Gives out its keys, then ends; notes what is said to it. */
class Keys implements KeyQueue {
  readonly said: string[] = [];
  readonly #keys: string[];

  constructor(keys: readonly string[]) {
    this.#keys = [...keys];
  }

  get(): Promise<string | undefined> {
    return Promise.resolve(this.#keys.shift());
  }
  done(key: string): void {
    this.said.push(`done ${key}`);
  }
  forget(key: string): void {
    this.said.push(`forget ${key}`);
  }
  addAfter(key: string, ms: number): void {
    this.said.push(`add ${key} after ${ms}`);
  }
  addRateLimited(key: string): void {
    this.said.push(`add ${key} later`);
  }
}

describe('the workers of a queue', () => {
  const metrics = createMetrics();
  let errors: string[];
  const logger: Logger = {
    error: (message) => errors.push(message),
    warn: () => {},
    info: () => {},
    debug: () => {},
  };

  beforeEach(() => {
    errors = [];
    metrics.registry.resetMetrics();
  });

  async function run(
    keys: readonly string[],
    reconcile: PoolOptions['reconcile'],
    workers = 1,
  ): Promise<string[]> {
    const queue = new Keys(keys);
    let elapsed = 0;
    await runWorkers({
      controller: 'run',
      workers,
      queue,
      reconcile,
      logger,
      metrics,
      elapsed: () => (elapsed += 250),
    });
    return queue.said;
  }

  for (const [what, outcome, said] of [
    ['forgets a key that went well', { result: 'success' }, ['forget a', 'done a']],
    [
      'puts a key back when it asks for it',
      { result: 'requeue', requeueAfterMs: 5 },
      ['forget a', 'add a after 5', 'done a'],
    ],
    [
      'puts a key back at once when it asks for that',
      { result: 'requeue', requeueAfterMs: 0 },
      ['forget a', 'add a after 0', 'done a'],
    ],
    [
      'takes a conflict for no failure',
      { result: 'conflict', requeueAfterMs: 100 },
      ['forget a', 'add a after 100', 'done a'],
    ],
  ] as readonly (readonly [string, Outcome, string[]])[]) {
    it(what, async () => assert.deepEqual(await run(['a'], () => Promise.resolve(outcome)), said));
  }

  it('puts a failing key back with growing delay, says so, and goes on', async () => {
    const said = await run(['bad', 'good'], (key) =>
      key === 'bad' ? Promise.reject(new Error('no')) : Promise.resolve({ result: 'success' }),
    );
    assert.deepEqual(said, ['add bad later', 'done bad', 'forget good', 'done good']);
    assert.deepEqual(errors, ['reconcile failed; it is tried again']);
  });

  it('goes on after what is thrown and is no error', async () => {
    const said = await run(['a', 'b'], () => Promise.reject('a text'));
    assert.deepEqual(said, ['add a later', 'done a', 'add b later', 'done b']);
  });

  it('works on as many keys at once as there are workers', async () => {
    let now = 0;
    let most = 0;
    const reconcile = async (): Promise<Outcome> => {
      most = Math.max(most, ++now);
      await new Promise(setImmediate);
      now--;
      return { result: 'success' };
    };
    await run(['a', 'b', 'c', 'd', 'e', 'f', 'g'], reconcile, 3);
    assert.equal(most, 3);
  });

  it('ends when the queue has ended and what was taken is finished', async () => {
    let finished = false;
    await run(['a'], async () => {
      await new Promise(setImmediate);
      finished = true;
      return { result: 'success' };
    });
    assert.equal(finished, true);
  });

  it('counts outcomes and measures time', async () => {
    await run(['a', 'b'], (key) =>
      key === 'a' ? Promise.reject(new Error('no')) : Promise.resolve({ result: 'conflict' }),
    );
    const text = await metrics.registry.metrics();
    assert.match(text, /otto_reconciles_total\{controller="run",outcome="error"\} 1/);
    assert.match(text, /otto_reconciles_total\{controller="run",outcome="conflict"\} 1/);
    assert.match(text, /otto_reconcile_seconds_sum\{controller="run"\} 0\.5/);
  });
});
