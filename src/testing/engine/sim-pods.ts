/** The pods of a simulated Run: an API server's view of them, a kubelet that follows each pod's fate. */
import type { Pod } from '../../api/kubernetes.ts';
import type { ReportedResult, StageReport } from '../../runner/protocol.ts';
import { encodeTermination } from '../../runner/termination.ts';
import type { Random } from '../random.ts';
import { aPod, aReport, type PodLook } from './builders.ts';
import { type Fate, type Moment, randomFate } from './fates.ts';

export interface SimPod {
  pod: Pod;
  stage: string;
  attempt: number;
  fate: Fate;
  look: PodLook;
  sequence: number;
  /** TERM was sent to it. */
  told: boolean;
  over: boolean;
}

export interface Cluster {
  now(): number;
  after(ms: number, act: () => void): void;
  /** undefined: gone. */
  changed(uid: string, pod: Pod | undefined): void;
  reported(uid: string, report: StageReport): void;
}

const GRACE_MS = 80_000;

export class SimPods {
  readonly byUID: Map<string, SimPod> = new Map();
  readonly byName: Map<string, SimPod> = new Map();
  /** All that ever were, by UID. */
  readonly ever: Map<string, SimPod> = new Map();
  readonly #random: Random;
  readonly #cluster: Cluster;
  #uids = 0;

  constructor(random: Random, cluster: Cluster) {
    this.#random = random;
    this.#cluster = cluster;
  }

  /** Undefined: the name is taken. */
  create(stage: string, attempt: number, revision: string | undefined): Pod | undefined {
    const look: PodLook = {
      attempt,
      uid: `uid-${++this.#uids}`,
      created: this.#cluster.now(),
      phase: 'Pending',
      containers: null,
    };
    const pod = aPod(stage, look);
    if (this.byName.has(pod.metadata.name ?? '')) return undefined;
    const fate = randomFate(this.#random);
    const sim: SimPod = { pod, stage, attempt, fate, look, sequence: 0, told: false, over: false };
    this.byUID.set(pod.metadata.uid ?? '', sim);
    this.byName.set(pod.metadata.name ?? '', sim);
    this.ever.set(pod.metadata.uid ?? '', sim);
    this.#next(sim, fate.moments, revision);
    return pod;
  }

  /** A patch of activeDeadlineSeconds. */
  stop(uid: string): void {
    const sim = this.byUID.get(uid);
    if (sim === undefined) return;
    this.#show(sim, { deadline: 1 });
    this.#term(sim, 'DeadlineExceeded');
  }

  delete(uid: string, grace?: number): void {
    const sim = this.byUID.get(uid);
    if (sim === undefined) return;
    if (grace === 0 || sim.over) {
      this.#vanish(sim);
      return;
    }
    if (sim.look.deletion === undefined) {
      this.#show(sim, { deletion: this.#cluster.now() + GRACE_MS });
      this.#term(sim, undefined);
      if (sim.told) return;
    }
    // Told before: it goes when it is over.
  }

  #next(sim: SimPod, moments: readonly Moment[], revision: string | undefined): void {
    const [moment, ...rest] = moments;
    if (moment === undefined) return;
    this.#cluster.after(moment.after, () => {
      if (sim.told || !this.byUID.has(sim.pod.metadata.uid ?? '')) return;
      if (moment.look !== undefined) this.#show(sim, moment.look);
      if (moment.report !== undefined)
        this.#report(sim, moment.report.result, revision, moment.look === undefined);
      if (moment.vanish === true) this.#vanish(sim);
      else if (moment.delete === true) this.delete(sim.pod.metadata.uid ?? '');
      this.#next(sim, rest, revision);
    });
  }

  #report(
    sim: SimPod,
    result: ReportedResult | undefined,
    revision: string | undefined,
    ends: boolean,
  ): void {
    const report = aReport(sim.stage, result, {
      attempt: sim.attempt,
      sequence: ++sim.sequence,
      steps: [{ name: 'echo', ...(result === 'Succeeded' ? { result } : {}) }],
      ...(revision === undefined ? {} : { revision }),
      finishTime: new Date(this.#cluster.now() + this.#random.whole(-5000, 5000)).toISOString(),
      ...(result === 'Succeeded' ? { outputs: { x: 'y' } } : {}),
    });
    this.#cluster.reported(sim.pod.metadata.uid ?? '', report);
    if (result === undefined || result === 'Lost' || !ends) return;
    // The kubelet sees the end up to a second later.
    this.#cluster.after(this.#random.whole(0, 1500), () => this.#end(sim, report));
  }

  #end(sim: SimPod, report: StageReport | undefined, reason?: string): void {
    if (sim.over || !this.byUID.has(sim.pod.metadata.uid ?? '')) return;
    const good = report?.result === 'Succeeded' || report?.result === 'Unstable';
    sim.over = true;
    this.#show(sim, {
      phase: good && reason === undefined ? 'Succeeded' : 'Failed',
      ...(reason === undefined ? {} : { reason }),
      containers: {
        otto: { exit: good ? 0 : 1, ...(report === undefined ? {} : { message: encodeTermination(report) }) },
        main: { exit: 0 },
      },
    });
    if (sim.look.deletion !== undefined) this.#vanish(sim);
  }

  #term(sim: SimPod, reason: string | undefined): void {
    if (sim.told || sim.over) return;
    if (sim.fate.deaf === true) return;
    const phase = sim.pod.status?.phase;
    if (phase === 'Failed' || phase === 'Succeeded') {
      if (sim.look.deletion !== undefined) this.#vanish(sim);
      return;
    }
    sim.told = true;
    this.#cluster.after(sim.fate.termMs, () => {
      if (!this.byUID.has(sim.pod.metadata.uid ?? '')) return;
      const began = sim.sequence > 0;
      const report = aReport(sim.stage, 'Interrupted', {
        attempt: sim.attempt,
        sequence: ++sim.sequence,
        finishTime: new Date(this.#cluster.now()).toISOString(),
      });
      if (began) this.#cluster.reported(sim.pod.metadata.uid ?? '', report);
      this.#end(sim, began && this.#random.chance(0.8) ? report : undefined, reason);
    });
  }

  #vanish(sim: SimPod): void {
    sim.over = true;
    this.byUID.delete(sim.pod.metadata.uid ?? '');
    this.byName.delete(sim.pod.metadata.name ?? '');
    this.#cluster.changed(sim.pod.metadata.uid ?? '', undefined);
  }

  #timed({ look, pod }: SimPod): NonNullable<PodLook['containers']> | null {
    if (look.containers === undefined || look.containers === null) return null;
    const began = (name: string): number => {
      const before = pod.status?.containerStatuses?.find((status) => status.name === name);
      return Date.parse(before?.state?.running?.startedAt ?? '') || this.#cluster.now();
    };
    return Object.fromEntries(
      Object.entries(look.containers).map(([name, container]) => [
        name,
        { running: began(name), finished: this.#cluster.now(), ...container },
      ]),
    );
  }

  #show(sim: SimPod, look: PodLook): void {
    sim.look = {
      ...sim.look,
      phase: look.phase ?? (look.containers === undefined ? (sim.look.phase ?? 'Pending') : 'Running'),
      ...look,
    };
    sim.pod = aPod(sim.stage, { ...sim.look, containers: this.#timed(sim) });
    if (look.phase === 'Failed' || look.phase === 'Succeeded') sim.over = true;
    this.#cluster.changed(sim.pod.metadata.uid ?? '', sim.pod);
  }
}
