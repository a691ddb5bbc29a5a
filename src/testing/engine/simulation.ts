/**
 * One Run from its creation to its end under one seed: random plan and pods, an operator whose caches lag, whose reports
 * get lost, and which is killed between any two of its writes. Throws what does not hold; a failing seed replays.
 */
import assert from 'node:assert/strict';
import type { Pod } from '../../api/kubernetes.ts';
import type { Run, RunSpec } from '../../api/run.ts';
import { decide } from '../../engine/decide.ts';
import type { Action, CreateRefusal, DecideInput, Decision } from '../../engine/decide-types.ts';
import type { Plan } from '../../plan/plan.ts';
import type { StageReport } from '../../runner/protocol.ts';
import { Random } from '../random.ts';
import { aPlan, aRun, CONFIG, NOW } from './builders.ts';
import { checkDecision, checkEnd } from './invariants.ts';
import { randomPipeline } from './random-pipeline.ts';
import { SimPods } from './sim-pods.ts';

export interface Simulated {
  result: string;
  stages: number;
  pods: number;
  decisions: number;
  crashes: number;
  virtualSeconds: number;
  fates: string[];
}

class Crash extends Error {}

const LONGEST_MS = 7 * 86_400_000;
const MOST_TURNS = 50_000;

interface Faults {
  crash: number;
  lag: number;
  lostReport: number;
  doubledReport: number;
  refusal: number;
  /** A cache that lacks a pod which is there, though nobody said that it is gone. */
  blind: number;
}

export function simulate(seed: number, trace?: (line: string) => void): Simulated {
  return new Simulation(seed, trace ?? (() => {})).run();
}

class Simulation {
  readonly #random: Random;
  readonly #plan: Plan;
  readonly #faults: Faults;
  readonly #pods: SimPods;
  readonly #trace: (line: string) => void;
  readonly #timers: { at: number; act: () => void }[] = [];
  readonly #maxPods: number;
  #now = NOW;
  /** As the API server has it. */
  #stored: Run;
  #version = 1;
  /** The operator's memory: lost with it. */
  #cachedRun: Run;
  #cachedVersion = 1;
  #cachedPods = new Map<string, Pod>();
  #feed: { uid: string; pod: Pod | undefined }[] = [];
  #reports = new Map<string, StageReport>();
  #refusals = new Map<string, CreateRefusal>();
  #dirty = true;
  #wakeAt: number | undefined;
  /** Attempts whose pod may be made again: it was gone before anybody could record it. */
  readonly #created = new Map<string, string[]>();
  readonly #recorded = new Set<string>();
  readonly #hidden = new Set<string>();
  #decisions = 0;
  #crashes = 0;

  constructor(seed: number, trace: (line: string) => void) {
    this.#random = new Random(seed);
    this.#trace = trace;
    this.#plan = planOf(this.#random.fork());
    const calm = this.#random.chance(0.3);
    const most = (probability: number): number => (calm ? 0 : this.#random.next() * probability);
    this.#faults = {
      crash: most(0.08),
      lag: most(0.7),
      lostReport: this.#random.chance(0.2) ? 1 : most(0.5),
      doubledReport: most(0.3),
      refusal: most(0.1),
      blind: most(0.3),
    };
    this.#maxPods = this.#random.pick([1, 2, 50]);
    this.#stored = aRun();
    this.#cachedRun = this.#stored;
    this.#pods = new SimPods(this.#random.fork(), {
      now: () => this.#now,
      after: (ms, act) => this.#after(ms, act),
      changed: (uid, pod) => {
        this.#feed.push({ uid, pod });
      },
      reported: (uid, report) => this.#hear(uid, report),
    });
    this.#userActs(this.#random.fork());
  }

  run(): Simulated {
    let turns = 0;
    // Nor does a pod outlive what it was for.
    while (this.#stored.status?.completionTime === undefined || !this.#allOver) {
      if (++turns > MOST_TURNS || this.#now - NOW > LONGEST_MS) {
        assert.fail(`the Run does not end: ${describe(this.#stored)}${this.#alive()}`);
      }
      this.#turn();
    }
    this.#verifyEnd();
    return {
      result: this.#stored.status.result ?? '',
      stages: this.#plan.stages.length + this.#plan.finally.length,
      pods: this.#pods.ever.size,
      decisions: this.#decisions,
      crashes: this.#crashes,
      virtualSeconds: (this.#now - NOW) / 1000,
      fates: [...this.#pods.ever.values()].map(({ fate }) => fate.name),
    };
  }

  get #allOver(): boolean {
    return [...this.#pods.byUID.values()].every(({ over }) => over);
  }

  #alive(): string {
    const alive = [...this.#pods.byUID.values()].filter(({ over }) => !over);
    return alive
      .map(({ stage, attempt, fate, pod }) => `; ${stage}#${attempt} ${fate.name} is ${pod.status?.phase}`)
      .join('');
  }

  #turn(): void {
    this.#deliver();
    if (this.#dirty || (this.#wakeAt !== undefined && this.#wakeAt <= this.#now)) {
      this.#reconcile();
      return;
    }
    this.#pass();
  }

  /** Watch events come in order, some of them late. */
  #deliver(): void {
    while (this.#feed.length > 0 && !this.#random.chance(this.#faults.lag)) {
      const event = this.#feed.shift();
      if (event === undefined) break;
      if (event.pod === undefined) this.#cachedPods.delete(event.uid);
      else this.#cachedPods.set(event.uid, event.pod);
      this.#dirty = true;
    }
    if (this.#cachedVersion !== this.#version && !this.#random.chance(this.#faults.lag)) {
      this.#cachedRun = this.#stored;
      this.#cachedVersion = this.#version;
      this.#dirty = true;
    }
  }

  /** To the next thing that happens. */
  #pass(): void {
    this.#timers.sort((a, b) => a.at - b.at);
    const next = this.#timers[0];
    const late = this.#feed.length > 0 || this.#cachedVersion !== this.#version;
    const at = Math.min(
      next?.at ?? Number.POSITIVE_INFINITY,
      this.#wakeAt ?? Number.POSITIVE_INFINITY,
      late ? this.#now + 50 : Number.POSITIVE_INFINITY,
    );
    if (!Number.isFinite(at))
      assert.fail(`nothing will ever happen again: ${describe(this.#stored)}${this.#alive()}`);
    this.#now = Math.max(this.#now, at);
    if (next !== undefined && next.at <= this.#now) {
      this.#timers.shift();
      next.act();
    }
  }

  #after(ms: number, act: () => void): void {
    this.#timers.push({ at: this.#now + ms, act });
  }

  #hear(uid: string, report: StageReport): void {
    const { lostReport, doubledReport } = this.#faults;
    const arrive = (): void => {
      const known = this.#reports.get(uid);
      if (known !== undefined && known.sequence >= report.sequence) return;
      this.#reports.set(uid, report);
      this.#dirty = true;
    };
    if (!this.#random.chance(lostReport))
      this.#after(this.#random.whole(0, 2000) * this.#random.whole(0, 1), arrive);
    if (this.#random.chance(doubledReport)) this.#after(this.#random.whole(0, 60_000), arrive);
  }

  #userActs(random: Random): void {
    const set = (state: NonNullable<RunSpec['state']>): void => {
      if (this.#stored.spec.state === 'Cancelled') return;
      this.#trace(`user: ${state}`);
      const generation = (this.#stored.metadata.generation ?? 1) + 1;
      this.#stored = {
        ...this.#stored,
        metadata: { ...this.#stored.metadata, generation },
        spec: { ...this.#stored.spec, state },
      };
      this.#version++;
    };
    if (random.chance(0.25)) {
      const at = random.whole(0, 60_000);
      this.#after(at, () => set('Paused'));
      this.#after(at + random.whole(0, 900_000), () => set('Running'));
    }
    if (random.chance(0.25)) this.#after(random.whole(0, 120_000), () => set('Cancelled'));
  }

  #reconcile(): void {
    this.#dirty = false;
    this.#wakeAt = undefined;
    try {
      this.#passOnce();
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      this.#restart();
    }
  }

  #restart(): void {
    this.#trace('crash');
    this.#crashes++;
    this.#reports = new Map();
    this.#refusals = new Map();
    this.#feed = [];
    this.#cachedPods = new Map([...this.#pods.byUID].map(([uid, { pod }]) => [uid, pod]));
    this.#cachedRun = this.#stored;
    this.#cachedVersion = this.#version;
    this.#dirty = true;
  }

  #mayCrash(): void {
    if (this.#random.chance(this.#faults.crash)) throw new Crash();
  }

  /** As the Run controller does it. */
  #passOnce(): void {
    this.#hidden.clear();
    const run = this.#cachedRun;
    const version = this.#cachedVersion;
    const missing = new Set<string>();
    for (const { state, podUID } of run.status?.stages ?? []) {
      if (podUID === undefined || (state !== 'Starting' && state !== 'Running' && state !== 'Stopping'))
        continue;
      if (this.#cachedPods.has(podUID)) continue;
      const live = this.#pods.byUID.get(podUID);
      if (live === undefined) missing.add(podUID);
      else this.#cachedPods.set(podUID, live.pod);
    }
    for (const uid of this.#cachedPods.keys())
      if (this.#random.chance(this.#faults.blind)) this.#hidden.add(uid);
    const tried = new Set<string>();
    let decision = this.#decide(run, missing);
    for (let round = 0; round < 5; round++) {
      const creates = decision.actions.filter(
        (action): action is CreatePod => action.type === 'CreatePod' && !tried.has(action.podName),
      );
      if (creates.length === 0) break;
      for (const action of creates) {
        this.#mayCrash();
        tried.add(action.podName);
        this.#create(action);
      }
      decision = this.#decide(run, missing);
    }
    this.#mayCrash();
    if (decision.status !== run.status) {
      if (this.#version !== version) {
        this.#dirty = true;
        return;
      }
      this.#write({ ...run, status: decision.status });
    }
    for (const action of decision.actions) {
      this.#mayCrash();
      if (action.type === 'StopPod') this.#stop(action.podUID);
      if (action.type === 'DeletePod') this.#pods.delete(action.podUID, 0);
    }
    if (this.#hidden.size > 0) {
      this.#after(this.#random.whole(1, 20_000), () => {
        this.#dirty = true;
      });
    }
    this.#wakeAt =
      this.#now +
      Math.min(
        decision.requeueAfterMs ?? Number.POSITIVE_INFINITY,
        this.#refusals.size > 0 ? 5000 : Number.POSITIVE_INFINITY,
      );
    if (!Number.isFinite(this.#wakeAt)) this.#wakeAt = undefined;
  }

  #decide(run: Run, missingPods: ReadonlySet<string>): Decision {
    this.#decisions++;
    const input: DecideInput = {
      run,
      plan: this.#plan,
      planName: 'demo-0123456789',
      pods: [...this.#cachedPods].flatMap(([uid, pod]) => (this.#hidden.has(uid) ? [] : [pod])),
      missingPods,
      reports: this.#reports,
      warnings: new Map(),
      refusals: this.#refusals,
      now: this.#now,
      config: { ...CONFIG, maxPodsPerRun: this.#maxPods },
    };
    const decision = decide(input);
    checkDecision(this.#plan, input, decision);
    return decision;
  }

  #write(run: Run): void {
    this.#stored = run;
    this.#version++;
    this.#cachedRun = run;
    this.#cachedVersion = this.#version;
    for (const { podUID } of run.status?.stages ?? []) if (podUID !== undefined) this.#recorded.add(podUID);
    this.#trace(`${(this.#now - NOW) / 1000}s ${describe(run)}`);
  }

  #create({ stage, attempt, podName, instance }: CreatePod): void {
    if (this.#random.chance(this.#faults.refusal)) {
      const known = this.#refusals.get(stage);
      const refusal = { code: 403, reason: 'Forbidden', message: 'exceeded quota: team' };
      this.#refusals.set(stage, { ...refusal, since: known?.since ?? this.#now });
      return;
    }
    this.#refusals.delete(stage);
    const key = `${stage}#${attempt}`;
    const revision = instance.checkout ? (instance.source?.revision ?? `r${this.#now}`) : undefined;
    const pod = this.#pods.create(stage, attempt, revision);
    if (pod === undefined) {
      const there = this.#pods.byName.get(podName);
      assert.ok(there !== undefined);
      this.#see(there.pod);
      return;
    }
    const earlier = this.#created.get(key) ?? [];
    for (const uid of earlier) {
      assert.ok(!this.#recorded.has(uid), `${key} is created twice`);
      assert.ok(!this.#pods.byUID.has(uid), `${key} is created beside itself`);
    }
    const uid = pod.metadata.uid ?? '';
    this.#created.set(key, [...earlier, uid]);
    this.#see(pod);
    this.#trace(`${(this.#now - NOW) / 1000}s create ${key} ${this.#pods.ever.get(uid)?.fate.name}`);
  }

  /** The answer of a request of one's own. */
  #see(pod: Pod): void {
    this.#cachedPods.set(pod.metadata.uid ?? '', pod);
    this.#hidden.delete(pod.metadata.uid ?? '');
  }

  #stop(uid: string): void {
    const sim = this.#pods.byUID.get(uid);
    if (sim === undefined) return;
    this.#trace(`stop ${sim.stage}#${sim.attempt}`);
    if (sim.look.conditions?.some(({ type }) => type === 'PodScheduled') === true) this.#pods.delete(uid, 0);
    else this.#pods.stop(uid);
  }

  #verifyEnd(): void {
    const results = (stage: string, attempt: number): readonly string[] | undefined => {
      const uids = this.#created.get(`${stage}#${attempt}`) ?? [];
      return uids.flatMap((uid) => this.#pods.ever.get(uid)?.fate.results ?? []);
    };
    const cancelled = this.#stored.spec.state === 'Cancelled';
    checkEnd(this.#plan, this.#stored.status?.stages ?? [], results, { cancelled });
  }
}

type CreatePod = Extract<Action, { type: 'CreatePod' }>;

function planOf(random: Random): Plan {
  // Random needs can make a circle through groups, which the compiler refuses: then another is drawn.
  for (;;) {
    const { stages, ...more } = randomPipeline(random);
    try {
      return aPlan(stages, more);
    } catch {
      continue;
    }
  }
}

function describe({ spec, status }: Run): string {
  const stages = (status?.stages ?? []).map(
    ({ name, state, result, reason, attempt }) =>
      `${name}#${attempt ?? ''}:${result ?? state}${reason === undefined ? '' : `/${reason}`}`,
  );
  return `${spec.state ?? ''} ${status?.result ?? ''} ${stages.join(' ')}`;
}
