import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { ApiError } from './errors.ts';
import { LeaderElector } from './leader-election.ts';
import { FakeLeases } from './testing/fake-leases.ts';
import { ManualClock, settled } from './testing/manual-clock.ts';

/** A process that wants to lead. */
class Candidate {
  readonly elector: LeaderElector;
  readonly stop: AbortController = new AbortController();
  readonly seen: string[] = [];
  readonly errors: unknown[] = [];
  /** When its signal aborted it still finishes what it began, until this resolves. */
  finish: Promise<void> = Promise.resolve();
  isLeading = false;
  isTold = false;
  isOver = false;
  #network: 'up' | 'refuses' | 'hangs' = 'up';
  readonly #hanging: (() => void)[] = [];

  constructor(identity: string, leases: FakeLeases, clock: ManualClock) {
    const reach = async (): Promise<void> => {
      if (this.#network === 'refuses') throw new ApiError(0, 'Unreachable', 'refused');
      if (this.#network === 'hangs') await new Promise<void>((resolve) => this.#hanging.push(resolve));
    };
    this.elector = new LeaderElector({
      client: leases.client(reach),
      namespace: 'otto',
      name: 'otto',
      identity,
      clock,
      onChange: (leader) => this.seen.push(leader),
      onError: (error) => this.errors.push(error),
    });
  }

  start(): void {
    const term = async (lost: AbortSignal): Promise<void> => {
      this.isLeading = true;
      await new Promise<void>((resolve) => {
        if (lost.aborted) resolve();
        else lost.addEventListener('abort', () => resolve());
      });
      this.isTold = true;
      await this.finish;
      this.isLeading = false;
    };
    void this.elector.run(this.stop.signal, term).finally(() => {
      this.isOver = true;
    });
  }

  network(state: 'up' | 'refuses' | 'hangs'): void {
    this.#network = state;
    if (state !== 'hangs') for (const resume of this.#hanging.splice(0)) resume();
  }
}

describe('leader election', () => {
  let clock: ManualClock;
  let leases: FakeLeases;

  beforeEach(() => {
    clock = new ManualClock();
    leases = new FakeLeases();
  });

  const candidate = (identity: string, itsClock: ManualClock = clock): Candidate => {
    const made = new Candidate(identity, leases, itsClock);
    made.start();
    return made;
  };
  async function leading(a: Candidate): Promise<void> {
    for (let i = 0; i < 100 && !a.isLeading; i++) await clock.advance(200);
    assert.ok(a.isLeading);
  }

  it('makes the first that comes the leader, and keeps it by a write each two seconds', async () => {
    const a = candidate('a');
    await leading(a);
    const b = candidate('b');
    const before = leases.writes;
    await clock.advance(60_000);
    assert.ok(a.isLeading && a.elector.isLeader);
    assert.ok(!b.isLeading && !b.elector.isLeader);
    assert.ok(Math.abs(leases.writes - before - 30) <= 1, `${leases.writes - before} writes a minute`);
    assert.deepEqual(a.seen, ['a']);
    assert.deepEqual(b.seen, ['a']);
    assert.equal(leases.lease?.spec?.leaseTransitions, 0);
    assert.match(leases.lease?.spec?.renewTime ?? '', /\.\d{6}Z$/);
  });

  it('passes to another within 15 seconds when the leader is killed', async () => {
    const a = candidate('a');
    await leading(a);
    const b = candidate('b');
    await clock.advance(20_000);
    a.network('hangs');
    const killedAt = clock.elapsed();
    await leading(b);
    assert.ok(clock.elapsed() - killedAt <= 15_000, `${clock.elapsed() - killedAt} ms`);
    assert.equal(leases.lease?.spec?.holderIdentity, 'b');
    assert.equal(leases.lease?.spec?.leaseTransitions, 1);
    assert.deepEqual(b.seen, ['a', 'b']);
  });

  it('passes at the next look when the leader stops in order, and not before it has finished', async () => {
    const a = candidate('a');
    await leading(a);
    const b = candidate('b');
    await clock.advance(5000);
    let finish = (): void => {};
    a.finish = new Promise((resolve) => {
      finish = resolve;
    });
    a.stop.abort();
    await clock.advance(25_000);
    assert.ok(a.isTold && a.isLeading && !b.isLeading, 'the lease is kept while the last work is done');
    finish();
    await settled();
    assert.ok(a.isOver);
    assert.equal(leases.lease?.spec?.holderIdentity, '');
    await clock.advance(2600);
    assert.ok(b.isLeading);
  });

  for (const trouble of ['refuses', 'hangs'] as const) {
    it(`tells the leader to stop before another may start, when its server ${trouble}`, async () => {
      const a = candidate('a');
      await leading(a);
      const b = candidate('b');
      await clock.advance(10_000);
      a.network(trouble);
      const from = clock.elapsed();
      while (!a.isTold) await clock.advance(100);
      assert.ok(clock.elapsed() - from <= 7100, `${clock.elapsed() - from} ms`);
      assert.equal(a.elector.isLeader, false);
      assert.ok(!b.isLeading);
      await leading(b);
      a.network('up');
      await clock.advance(5000);
      assert.equal(leases.lease?.spec?.holderIdentity, 'b', 'a late answer takes nothing back');
      assert.ok(a.isOver);
    });
  }

  it('outlives an outage that is shorter than the deadline', async () => {
    const a = candidate('a');
    await leading(a);
    await clock.advance(4000);
    a.network('refuses');
    await clock.advance(4500);
    a.network('up');
    await clock.advance(20_000);
    assert.ok(a.isLeading && !a.isTold);
    assert.ok(a.errors.length > 0);
  });

  it('makes the lease again when somebody deletes it', async () => {
    const a = candidate('a');
    await leading(a);
    leases.lease = undefined;
    await clock.advance(6000);
    assert.ok(a.isLeading && !a.isTold);
    assert.notEqual(leases.lease, undefined);
  });

  it('stops leading when somebody else was written into the lease', async () => {
    const a = candidate('a');
    await leading(a);
    const { lease } = leases;
    assert.ok(lease !== undefined);
    leases.lease = {
      metadata: { ...lease.metadata, resourceVersion: '999' },
      spec: { ...lease.spec, holderIdentity: 'x' },
    };
    await clock.advance(2100);
    assert.ok(a.isTold && a.isOver);
    assert.equal(leases.lease?.spec?.holderIdentity, 'x');
  });

  it('does not lead any more once its timers are late by more than the deadline', async () => {
    const a = candidate('a');
    await leading(a);
    const before = clock.elapsed.bind(clock);
    // A process that was stopped and goes on: time has passed, and no timer of it has gone off yet.
    clock.elapsed = () => before() + 8000;
    assert.equal(a.elector.isLeader, false);
  });

  it('believes no clock but its own', async () => {
    const wrong = new ManualClock();
    wrong.skewMs -= 86_400_000;
    const a = candidate('a', wrong);
    await settled();
    assert.ok(a.isLeading);
    const b = candidate('b');
    for (let i = 0; i < 60; i++) {
      await wrong.advance(500);
      await clock.advance(500);
      assert.ok(!b.isLeading);
    }
  });

  it('never has two that lead, however their networks fail', async function () {
    this.timeout(60_000);
    const event = fc.record({
      who: fc.integer({ min: 0, max: 2 }),
      what: fc.constantFrom('up' as const, 'up' as const, 'refuses' as const, 'hangs' as const),
      ms: fc.integer({ min: 0, max: 6000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 25 }), async (events) => {
        clock = new ManualClock();
        leases = new FakeLeases();
        const all = ['a', 'b', 'c'].map((identity) => candidate(identity));
        const check = (): void => {
          assert.ok(all.filter((each) => each.isLeading).length <= 1);
          assert.ok(all.filter((each) => each.elector.isLeader).length <= 1);
        };
        for (const { who, what, ms } of events) {
          all[who]?.network(what);
          for (let passed = 0; passed < ms; passed += 500) {
            await clock.advance(500);
            check();
            // As the operator does: who lost the lead stands again.
            for (const [i, each] of all.entries()) if (each.isOver) all[i] = candidate('abc'.charAt(i));
          }
        }
        for (const each of all) each.network('up');
        await clock.advance(20_000);
        check();
        for (const [i, each] of all.entries()) if (each.isOver) all[i] = candidate('abc'.charAt(i));
        await clock.advance(20_000);
        assert.equal(all.filter((each) => each.isLeading).length, 1, 'somebody leads in the end');
      }),
      { numRuns: 60 },
    );
  });
});
