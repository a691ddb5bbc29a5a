/**
 * The whole operator (caches, queues, engine, execution) against a model of the API server and its nodes, under one
 * seed: it is killed at any moment, requests and events are lost, doubled, late. The same seed replays exactly.
 */
import type { KubeObject, Pod } from '../api/kubernetes.ts';
import { API_VERSION } from '../api/names.ts';
import type { Run } from '../api/run.ts';
import { createCaches } from '../operator/caches.ts';
import { readConfig } from '../operator/config.ts';
import { lead } from '../operator/lead.ts';
import type { Logger } from '../operator/logging.ts';
import { createMetrics } from '../operator/metrics.ts';
import { PODS_BY_UID, runOf } from '../operator/views.ts';
import type { StepLibrary } from '../plan/manifest.ts';
import type { StageReport } from '../runner/protocol.ts';
import { type Faults, ModelClient } from './model-client.ts';
import { type Hazards, ModelKubelet } from './model-kubelet.ts';
import { ModelStore } from './model-store.ts';
import { Random } from './random.ts';
import { randomPipeline } from './random-pipeline.ts';
import { SimClock } from './sim-clock.ts';

export interface SimulationOptions {
  seed: number;
  runs: number;
  /** How often the operator is killed. */
  kills: number;
  faults: Faults;
  hazards: Hazards;
  library: StepLibrary;
  /** All log lines of the operator, for a seed that is looked into. */
  onLog?: (line: string) => void;
}

interface Process {
  client: ModelClient;
  cut(): void;
}

/** One for all: nobody reads them here, and each would watch the garbage collector. */
const METRICS = createMetrics();
const START = Date.parse('2026-01-01T00:00:00Z');
const NAMESPACE = 'default';
const HOUR_MS = 3_600_000;

export class SimulatedCluster {
  readonly store: ModelStore;
  readonly kubelet: ModelKubelet;
  readonly clock: SimClock;
  readonly #options: SimulationOptions;
  readonly #random: Random;
  readonly #creations: ((kind: string, object: KubeObject) => void)[] = [];
  #process: Process | undefined;
  #report: (podUID: string, report: StageReport) => void = () => {};
  /** Writes that had their effect. */
  writes = 0;
  kills = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.clock = new SimClock(START, this.#random.fork());
    this.store = new ModelStore(() => this.clock.now());
    this.kubelet = new ModelKubelet({
      store: this.store,
      clock: this.clock,
      random: this.#random.fork(),
      hazards: options.hazards,
      report: (podUID, report) => this.#report(podUID, report),
    });
    this.store.onChange = (change) => {
      this.#process?.client.wake();
      this.kubelet.onChange(change);
    };
  }

  /** Whether a runner of the stage said, on either channel, that it ended well. */
  saidWell(runUID: string, stage: string): boolean {
    return this.kubelet.saidWell.has(`${runUID}/${stage}`);
  }

  /** Whether the pod's runner has said its last word. */
  saidLast(podUID: string): boolean {
    return this.kubelet.isOver(podUID);
  }

  /** Called with each object that a process asks to create, before it is. */
  onCreate(check: (plural: string, object: KubeObject) => void): void {
    this.#creations.push(check);
  }

  get runs(): Run[] {
    return this.store.all('runs') as Run[];
  }

  get pods(): Pod[] {
    return this.store.all('pods');
  }

  /** @returns whether all Runs ended within ten hours of virtual time. */
  async play(): Promise<boolean> {
    const { runs, kills } = this.#options;
    const random = this.#random.fork();
    for (let i = 0; i < runs; i++) {
      this.clock.after(random.next() * 20_000, () => {
        const run: Run = {
          apiVersion: API_VERSION,
          kind: 'Run',
          metadata: { name: `run-${i}` },
          spec: { pipelineSpec: randomPipeline(random) },
        };
        this.store.create('runs', NAMESPACE, run);
      });
      this.#meddle(`run-${i}`, random);
    }
    this.start();
    for (let i = 0; i < kills; i++) this.clock.after(random.next() * 180_000, () => this.#restart(random));
    if (random.chance(0.5)) this.clock.after(random.next() * 120_000, () => this.store.compact());
    const ended = (): boolean =>
      this.runs.length === runs && this.runs.every((run) => run.status?.completionTime !== undefined);
    return await this.clock.run(ended, 10 * HOUR_MS);
  }

  /** What a user does in the middle. */
  #meddle(name: string, random: Random): void {
    const set = (state: 'Running' | 'Paused' | 'Cancelled'): void => {
      const run = this.store.find('runs', NAMESPACE, name);
      if (run === undefined) return;
      this.store.update('runs', NAMESPACE, name, (object) => {
        const spec: object = Reflect.get(object, 'spec');
        if (Reflect.get(spec, 'state') !== 'Cancelled') Reflect.set(spec, 'state', state);
      });
    };
    if (random.chance(0.25)) {
      this.clock.after(random.next() * 60_000, () => set('Paused'));
      this.clock.after(60_000 + random.next() * 60_000, () => set('Running'));
    }
    if (random.chance(0.25)) this.clock.after(random.next() * 120_000, () => set('Cancelled'));
  }

  start(): void {
    const { faults, library } = this.#options;
    const { clock, cut } = this.clock.ofProcess();
    const client = new ModelClient({
      store: this.store,
      clock,
      random: this.#random.fork(),
      faults,
      onWrite: () => {
        this.writes++;
      },
      admit: (plural, object) => {
        for (const check of this.#creations) check(plural, object);
      },
      deletes: (plural, object, { gracePeriodSeconds }) =>
        plural === 'pods' && this.kubelet.deletes(object, gracePeriodSeconds),
    });
    this.#process = { client, cut };
    const logger = this.#logger();
    const config = readConfig({ OTTO_RUNNER_IMAGE: 'otto', OTTO_WORKERS: '3' }, [], 'simulated');
    const caches = createCaches(client, [], logger, clock);
    const never = new AbortController().signal;
    for (const cache of [caches.runs, caches.pods, caches.pipelines]) cache.start(never);
    const parts = { client, config, caches, library, owner: undefined, logger, clock };
    void lead(
      {
        ...parts,
        metrics: METRICS,
        startReports: async (options) => {
          this.#report = (podUID, report) => {
            const pod = caches.pods.byIndex(PODS_BY_UID, podUID)[0];
            const run = pod === undefined ? undefined : runOf(pod);
            // A server that does not know the pod yet refuses it.
            if (run === undefined || options.reports.put(run.uid, podUID, report) === 'stale') return;
            options.onReport(`${NAMESPACE}/${run.name}`);
          };
          await Promise.all([caches.runs.whenSynced(), caches.pods.whenSynced()]);
          return undefined;
        },
      },
      never,
    );
  }

  /** As `kill -9`: nothing that it had begun goes on, nothing is cleaned up. */
  #restart(random: Random): void {
    if (this.#process !== undefined) this.kills++;
    this.#process?.cut();
    this.#process = undefined;
    this.#report = () => {};
    this.clock.after(random.next() * 5000, () => {
      if (this.#process === undefined) this.start();
    });
  }

  #logger(): Logger {
    const { onLog } = this.#options;
    const at =
      (level: string) =>
      (message: string, fields: object = {}) =>
        onLog?.(`${new Date(this.clock.now()).toISOString()} ${level} ${message} ${JSON.stringify(fields)}`);
    return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
  }
}
