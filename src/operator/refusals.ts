/** Pods that the API server refused to create, with when to try again. In memory: a refusal is found again by trying. */
import type { CreateRefusal } from '../engine/decide-types.ts';
import { ApiError } from '../kube/errors.ts';

interface Held {
  refusal: CreateRefusal;
  attempt: number;
  tries: number;
  tryAgainAt: number;
}

const FIRST_MS = 1000;
const LONGEST_MS = 30_000;

/** A refusal by rule (quota, admission, validation), as opposed to an outage, which is simply tried again. */
export function isRefusal(error: unknown): error is ApiError {
  if (!(error instanceof ApiError)) return false;
  if (error.code === 500) return error.message.includes('webhook');
  return (
    error.code >= 400 && error.code < 500 && error.code !== 401 && error.code !== 408 && error.code !== 429
  );
}

export class Refusals {
  readonly #byRun = new Map<string, Map<string, Held>>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  of(runUID: string): ReadonlyMap<string, CreateRefusal> {
    const held = this.#byRun.get(runUID);
    return new Map([...(held ?? [])].map(([stage, { refusal }]) => [stage, refusal]));
  }

  /** 0: now. */
  waitMs(runUID: string, stage: string, attempt: number): number {
    const held = this.#byRun.get(runUID)?.get(stage);
    return held === undefined || held.attempt !== attempt ? 0 : Math.max(0, held.tryAgainAt - this.#now());
  }

  /** Until the earliest try of a Run. */
  nextMs(runUID: string): number | undefined {
    const all = [...(this.#byRun.get(runUID)?.values() ?? [])].map((held) => held.tryAgainAt - this.#now());
    return all.length === 0 ? undefined : Math.max(0, Math.min(...all));
  }

  remember(
    runUID: string,
    stage: string,
    attempt: number,
    error: { code: number; reason: string; message: string },
  ): void {
    const ofRun = this.#byRun.get(runUID) ?? new Map<string, Held>();
    this.#byRun.set(runUID, ofRun);
    const before = ofRun.get(stage);
    const known = before?.attempt === attempt ? before : undefined;
    const tries = (known?.tries ?? 0) + 1;
    ofRun.set(stage, {
      attempt,
      tries,
      tryAgainAt: this.#now() + Math.min(LONGEST_MS, FIRST_MS * 2 ** (tries - 1)),
      refusal: {
        code: error.code,
        reason: error.reason,
        message: error.message.slice(0, 1000),
        since: known?.refusal.since ?? this.#now(),
      },
    });
  }

  forget(runUID: string, stage?: string): void {
    const ofRun = this.#byRun.get(runUID);
    if (ofRun === undefined) return;
    if (stage !== undefined) ofRun.delete(stage);
    if (stage === undefined || ofRun.size === 0) this.#byRun.delete(runUID);
  }
}
