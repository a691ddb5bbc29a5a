/** The newest report of each pod's runner, in memory: losing it costs speed, never truth. */
import type { StageReport } from '../runner/protocol.ts';

export type ReportOutcome = 'new' | 'stale';

export class ReportStore {
  readonly #byPod = new Map<string, StageReport>();
  readonly #most: number;

  /** @param most pods remembered; the one heard of longest ago goes first. */
  constructor(most: number = 20_000) {
    this.#most = most;
  }

  /** A snapshot replaces an earlier one; one that comes late or twice changes nothing. */
  put(podUID: string, report: StageReport): ReportOutcome {
    const known = this.#byPod.get(podUID);
    if (known !== undefined && known.sequence >= report.sequence) return 'stale';
    this.#byPod.delete(podUID);
    this.#byPod.set(podUID, report);
    if (this.#byPod.size > this.#most) {
      const oldest = this.#byPod.keys().next();
      if (oldest.done !== true) this.#byPod.delete(oldest.value);
    }
    return 'new';
  }

  get(podUID: string): StageReport | undefined {
    return this.#byPod.get(podUID);
  }

  drop(podUID: string): void {
    this.#byPod.delete(podUID);
  }

  get size(): number {
    return this.#byPod.size;
  }
}
