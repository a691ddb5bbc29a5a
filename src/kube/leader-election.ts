/**
 * One leader among several processes, by a Lease, as client-go does it: who holds the lease renews it; who sees it
 * unchanged for its duration, by a clock of its own, takes it. The holder stops before that time is over, so at no
 * moment do two believe to lead, however far their clocks are apart.
 */
import type { OwnerReference } from '../api/kubernetes.ts';
import type { ApiClient } from './client.ts';
import { type Clock, elapsedOf, pause, systemClock } from './clock.ts';
import { isAlreadyExists, isConflict } from './errors.ts';
import { type LeaseRecord, type LeaseStore, leaseStore, microTime } from './lease.ts';

export interface LeaderTimings {
  /** Others take over when the lease was not renewed for so long. */
  leaseDurationMs: number;
  /** The leader stops when it could not renew for so long; must be below the duration. */
  renewDeadlineMs: number;
  retryPeriodMs: number;
}

export const LEADER_TIMINGS: LeaderTimings = {
  leaseDurationMs: 10_000,
  renewDeadlineMs: 7000,
  retryPeriodMs: 2000,
};

export interface LeaderElectorOptions {
  client: Pick<ApiClient, 'get' | 'create' | 'patch'>;
  namespace: string;
  /** Of the Lease. */
  name: string;
  /** Unique to this process. */
  identity: string;
  /** Of a Lease that is created here. */
  owner?: OwnerReference;
  onChange?(leader: string): void;
  onError?(error: unknown): void;
  clock?: Clock;
  timings?: Partial<LeaderTimings>;
}

export class LeaderElector {
  readonly #options: LeaderElectorOptions;
  readonly #timings: LeaderTimings;
  readonly #clock: Clock;
  readonly #lease: LeaseStore;
  /** The lease as last seen, and since when, by our clock, it has been so. */
  #seen: { record: LeaseRecord; at: number } | undefined;
  #leader: string | undefined;
  /** The start of the last request that renewed it: the server counts from no earlier moment. */
  #renewedAt: number | undefined;

  constructor(options: LeaderElectorOptions) {
    this.#options = options;
    this.#timings = { ...LEADER_TIMINGS, ...options.timings };
    const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = this.#timings;
    if (leaseDurationMs <= renewDeadlineMs || renewDeadlineMs <= retryPeriodMs) {
      throw new RangeError(
        'a lease lasts longer than the renew deadline, and that longer than a retry period',
      );
    }
    this.#clock = options.clock ?? systemClock;
    const { client, namespace, name, owner } = options;
    this.#lease = leaseStore(client, { namespace, name }, owner);
  }

  /** True only while no other process can lead, even where timers of this one are late. */
  get isLeader(): boolean {
    return this.#renewedAt !== undefined && this.#now() - this.#renewedAt < this.#timings.renewDeadlineMs;
  }

  /**
   * Waits to be leader and calls `lead`, whose signal aborts when leadership is lost or `signal` aborts. The lease is
   * renewed until `lead` has ended and is then released. Resolves after one term, or when `signal` aborted before.
   * @throws what `lead` throws.
   */
  async run(signal: AbortSignal, lead: (lost: AbortSignal) => Promise<void>): Promise<void> {
    if (!(await this.#acquire(signal))) return;
    if (signal.aborted) {
      await this.#release();
      return;
    }
    const lost = new AbortController();
    const ended = new AbortController();
    const stop = (): void => lost.abort();
    signal.addEventListener('abort', stop, { once: true });
    const renewing = this.#renew(ended.signal).finally(stop);
    try {
      await lead(lost.signal);
    } finally {
      signal.removeEventListener('abort', stop);
      ended.abort();
      await renewing;
      await this.#release();
    }
  }

  async #acquire(signal: AbortSignal): Promise<boolean> {
    const { retryPeriodMs } = this.#timings;
    while (!signal.aborted) {
      const startedAt = this.#now();
      try {
        if (await this.#tryOnce(retryPeriodMs, signal)) {
          this.#renewedAt = startedAt;
          return true;
        }
      } catch (error) {
        if (!signal.aborted) this.#options.onError?.(error);
      }
      await pause(this.#clock, this.#waitToAcquire(), signal);
    }
    return false;
  }

  /** Jitter keeps candidates apart; the end of the lease is waited for exactly. */
  #waitToAcquire(): number {
    const retry = this.#timings.retryPeriodMs * (1 + this.#clock.random() / 4);
    if (this.#seen === undefined) return retry;
    const left = this.#seen.at + this.#expiresAfter(this.#seen.record) - this.#now();
    return left > 0 ? Math.min(retry, left + 1 + this.#clock.random() * 100) : retry;
  }

  /** Resolves when the lead is lost or over. */
  async #renew(ended: AbortSignal): Promise<void> {
    const { renewDeadlineMs, retryPeriodMs } = this.#timings;
    let wait = retryPeriodMs;
    while (!ended.aborted) {
      const deadline = (this.#renewedAt ?? 0) + renewDeadlineMs;
      await pause(this.#clock, Math.min(wait, Math.max(0, deadline - this.#now())), ended);
      if (ended.aborted) return;
      const startedAt = this.#now();
      if (startedAt >= deadline) break;
      try {
        const held = await this.#within(deadline - startedAt, (signal) =>
          this.#tryOnce(retryPeriodMs, signal),
        );
        if (ended.aborted && !held) return;
        if (!held) break;
        this.#renewedAt = startedAt;
        wait = retryPeriodMs;
      } catch (error) {
        this.#options.onError?.(error);
        wait = retryPeriodMs / 4;
      }
    }
    if (!ended.aborted) this.#renewedAt = undefined;
  }

  /** What takes longer is not waited for: a deadline must be kept also where a request hangs. */
  async #within(ms: number, action: (signal: AbortSignal) => Promise<boolean>): Promise<boolean> {
    const over = new AbortController();
    const timeout = pause(this.#clock, ms, over.signal).then(() => {
      if (!over.signal.aborted)
        over.abort(new Error(`the lease was not renewed within ${Math.round(ms)} ms`));
      throw over.signal.reason;
    });
    try {
      return await Promise.race([action(over.signal), timeout]);
    } finally {
      over.abort(new Error('in time'));
      timeout.catch(() => {});
    }
  }

  /** @returns whether the lease is ours now. */
  async #tryOnce(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const call = { timeoutMs, attempts: 1, signal };
    const { identity } = this.#options;
    // A leader writes on what it wrote last; only where that fails it has to look.
    const mine = this.#renewedAt === undefined ? undefined : this.#seen?.record;
    try {
      if (mine?.holder === identity) {
        this.#see(await this.#lease.write(this.#renewed(mine), mine, call));
        return true;
      }
      const record = await this.#lease.read(call);
      if (record !== undefined) this.#see(record);
      if (record !== undefined && record.holder !== identity && !this.#isFree(record)) return false;
      this.#see(await this.#lease.write(this.#renewed(record), record, call));
      return true;
    } catch (error) {
      if (!isConflict(error) && !isAlreadyExists(error)) {
        // Perhaps it was written and the answer lost, perhaps it was deleted: look before the next write.
        if (mine !== undefined) this.#seen = undefined;
        throw error;
      }
      if (mine === undefined) return false;
      this.#seen = undefined;
      return await this.#tryOnce(timeoutMs, signal);
    }
  }

  #isFree(record: LeaseRecord): boolean {
    if (record.holder === '') return true;
    return this.#seen === undefined || this.#now() >= this.#seen.at + this.#expiresAfter(record);
  }

  /** The longer of theirs and ours, so that differing settings are safe while they are rolled out. */
  #expiresAfter(record: LeaseRecord): number {
    return record.holder === '' ? 0 : Math.max(record.durationMs, this.#timings.leaseDurationMs);
  }

  #renewed(before: LeaseRecord | undefined): Omit<LeaseRecord, 'resourceVersion'> {
    const { identity } = this.#options;
    const now = microTime(this.#clock.now());
    const isSame = before?.holder === identity;
    return {
      holder: identity,
      durationMs: this.#timings.leaseDurationMs,
      acquireTime: isSame ? before.acquireTime : now,
      renewTime: now,
      transitions: before === undefined ? 0 : before.transitions + (isSame ? 0 : 1),
    };
  }

  async #release(): Promise<void> {
    const held = this.#renewedAt !== undefined;
    this.#renewedAt = undefined;
    if (!held) return;
    const call = { timeoutMs: this.#timings.retryPeriodMs, attempts: 2 };
    try {
      const record = this.#seen?.record ?? (await this.#lease.read(call));
      if (record?.holder !== this.#options.identity) return;
      const released = { ...this.#renewed(record), holder: '', durationMs: 1000 };
      this.#see(await this.#lease.write(released, record, call));
    } catch (error) {
      // It ends by itself.
      this.#options.onError?.(error);
    }
  }

  #see(record: LeaseRecord): void {
    const { resourceVersion } = record;
    if (this.#seen?.record.resourceVersion !== resourceVersion) this.#seen = { record, at: this.#now() };
    if (record.holder === this.#leader || record.holder === '') return;
    this.#leader = record.holder;
    this.#options.onChange?.(record.holder);
  }

  #now(): number {
    return elapsedOf(this.#clock);
  }
}
