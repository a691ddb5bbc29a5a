/** The newest report of each pod's runner, in memory: losing it costs speed, never truth. */
import type { StageReport } from '../runner/protocol.ts';

export type ReportOutcome = 'new' | 'stale';

const NONE: ReadonlyMap<string, StageReport> = new Map();

export class ReportStore {
  /** By UID of the Run, then of the pod. */
  readonly #byRun = new Map<string, Map<string, StageReport>>();
  readonly #most: number;
  #size = 0;

  /** @param most pods remembered; those of the Run heard of longest ago go first. */
  constructor(most: number = 20_000) {
    this.#most = most;
  }

  /** A snapshot replaces an earlier one; one that comes late or twice changes nothing. */
  put(runUID: string, podUID: string, report: StageReport): ReportOutcome {
    const ofRun = this.#byRun.get(runUID) ?? new Map<string, StageReport>();
    const known = ofRun.get(podUID);
    if (known !== undefined && known.sequence >= report.sequence) return 'stale';
    if (known === undefined) this.#size++;
    ofRun.set(podUID, report);
    this.#byRun.delete(runUID);
    this.#byRun.set(runUID, ofRun);
    for (const oldest of this.#byRun.keys()) {
      if (this.#size <= this.#most || oldest === runUID) break;
      this.drop(oldest);
    }
    return 'new';
  }

  /** By UID of the pod. */
  of(runUID: string): ReadonlyMap<string, StageReport> {
    return this.#byRun.get(runUID) ?? NONE;
  }

  drop(runUID: string): void {
    this.#size -= this.of(runUID).size;
    this.#byRun.delete(runUID);
  }

  get size(): number {
    return this.#size;
  }
}
