/** One Run from now to its end: its changes, each stage's log, and what a reader should see in which order. */
import type { Run, StageStatus } from '../api/run.ts';
import { pause, systemClock } from '../kube/clock.ts';
import type { ApiError } from '../kube/errors.ts';
import { RUNS } from '../kube/resource.ts';
import type { Cluster } from './cluster.ts';
import { CliError } from './failure.ts';
import { type Attempt, attemptsOf, isFinished, isTakenUp } from './run-state.ts';
import { isNews } from './stage-line.ts';
import { hasNotStarted, isGone, readStageLog, startLimit } from './stage-logs.ts';
import { watchObjects } from './watch-objects.ts';

/** What shows it: a live tree or plain lines. */
export interface FollowView {
  /** Each new version of the Run. */
  run(run: Run): void;
  /** News of a stage, see isNews; its end comes after its log's. */
  stage(stage: StageStatus): void;
  line(attempt: Attempt, line: string): void;
  /** Something about the way to the cluster, not about the Run. */
  trouble(message: string): void;
  /** Resolves when more may be shown. */
  ready(): Promise<void>;
}

export interface FollowOptions {
  signal: AbortSignal;
  /** Which attempts' logs to read; default all. */
  wants?: (attempt: Attempt) => boolean;
  tailLines?: number | undefined;
}

/** Connections to the API server that logs may take at a time, of the 64 there are; the watch needs one too. */
const MOST_LOGS = 56;
const SILENCE_MS = 5000;
const NO_OPERATOR_MS = 10_000;

/** @returns the finished Run, or undefined when the signal aborted. */
export async function followRun(
  cluster: Cluster,
  name: string,
  view: FollowView,
  options: FollowOptions,
): Promise<Run | undefined> {
  const follower = new Follower(cluster, view, options);
  try {
    return await follower.follow(name);
  } finally {
    follower.stop();
  }
}

interface Log {
  /** Read so far. */
  lines: number;
  hasEnded: boolean;
  end: Promise<void>;
}

class Follower {
  readonly #cluster: Cluster;
  readonly #view: FollowView;
  readonly #options: FollowOptions;
  /** Aborts with the caller's signal, and when the Run is done with. */
  readonly #stop = new AbortController();
  readonly #stopped: AbortSignal;
  /** By pod. */
  readonly #logs = new Map<string, Log>();
  /** All that was to be told so far: causes are told before their effects. */
  #told: Promise<void> = Promise.resolve();
  readonly #seen = new Map<string, StageStatus>();
  readonly #waiting: (() => void)[] = [];
  #reading = 0;
  #uid: string | undefined;
  #takenUp = false;

  constructor(cluster: Cluster, view: FollowView, options: FollowOptions) {
    this.#cluster = cluster;
    this.#view = view;
    this.#options = options;
    this.#stopped = AbortSignal.any([options.signal, this.#stop.signal]);
  }

  async follow(name: string): Promise<Run | undefined> {
    const { client, namespace } = this.#cluster;
    const selection = { namespace, fieldSelector: `metadata.name=${name}` };
    void this.#hintAtOperator();
    for await (const change of watchObjects(client, RUNS, selection, { signal: this.#stopped })) {
      if (change.type === 'lost') {
        this.#view.trouble(connectionLost(change.error));
        continue;
      }
      const run = change.type === 'all' ? change.objects[0] : change.object;
      const uid = run?.metadata.uid;
      if (run === undefined || change.type === 'deleted' || uid !== (this.#uid ?? uid)) {
        throw new CliError(`Run '${name}' was deleted`);
      }
      this.#uid = uid;
      this.#takenUp = isTakenUp(run);
      this.#take(run);
      if (!isFinished(run)) continue;
      await this.#told;
      return this.#stopped.aborted ? undefined : run;
    }
    return undefined;
  }

  stop(): void {
    this.#stop.abort();
    for (const start of this.#waiting.splice(0)) start();
  }

  #take(run: Run): void {
    this.#view.run(run);
    for (const stage of run.status?.stages ?? []) {
      const before = this.#seen.get(stage.name);
      this.#seen.set(stage.name, stage);
      // A pod that has not got as far as its first step has no log yet, or one that is read once it has.
      const attempts = attemptsOf(stage).filter(({ attempt }) => {
        return stage.state !== 'Starting' || attempt !== (stage.attempt ?? 1);
      });
      for (const attempt of attempts) this.#read(attempt, startLimit(stage));
      if (!isNews(before, stage)) continue;
      const ended = stage.state === 'Finished' || stage.state === 'Retrying';
      const logs = attempts.flatMap(({ podName }) => this.#logs.get(podName) ?? []);
      this.#told = this.#tell(stage, ended ? logs : []);
    }
  }

  async #tell(stage: StageStatus, logs: readonly Log[]): Promise<void> {
    await this.#told;
    for (const log of logs) await this.#endOf(log);
    if (!this.#stopped.aborted) this.#view.stage(stage);
  }

  /** Of a log that goes on though its stage has ended, a silence is the end. */
  async #endOf(log: Log): Promise<void> {
    while (!log.hasEnded && !this.#stopped.aborted) {
      const lines = log.lines;
      const grace = new AbortController();
      const silence = pause(systemClock, SILENCE_MS, AbortSignal.any([grace.signal, this.#stopped]));
      await Promise.race([log.end, silence]);
      grace.abort();
      if (log.lines === lines) return;
    }
  }

  #read(attempt: Attempt, startWithinMs: number): void {
    const { podName } = attempt;
    if (this.#logs.has(podName) || this.#options.wants?.(attempt) === false) return;
    const log: Log = { lines: 0, hasEnded: false, end: Promise.resolve() };
    this.#logs.set(podName, log);
    log.end = this.#pump(attempt, startWithinMs, log);
  }

  /** Never fails: a log that cannot be read is said, and the Run goes on. */
  async #pump(attempt: Attempt, startWithinMs: number, log: Log): Promise<void> {
    await this.#told;
    if (this.#reading >= MOST_LOGS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#reading++;
    try {
      const { tailLines } = this.#options;
      const reading = { follow: true, startWithinMs, signal: this.#stopped, tailLines };
      for await (const line of readStageLog(this.#cluster, attempt, reading)) {
        if (this.#stopped.aborted) return;
        log.lines++;
        this.#view.line(attempt, line);
        await this.#view.ready();
      }
    } catch (error) {
      // A stage that ended before its first step has none.
      if (this.#stopped.aborted || hasNotStarted(error)) return;
      this.#view.trouble(`no log of stage '${attempt.stage}': ${reason(error)}`);
    } finally {
      log.hasEnded = true;
      this.#reading--;
      this.#waiting.shift()?.();
    }
  }

  async #hintAtOperator(): Promise<void> {
    await pause(systemClock, NO_OPERATOR_MS, this.#stopped);
    if (this.#takenUp || this.#stopped.aborted) return;
    this.#view.trouble(
      'nothing has taken up the Run yet: is the operator running? kubectl get deploy -A -l app.kubernetes.io/name=otto',
    );
  }
}

function connectionLost(error: ApiError): string {
  return `the connection to the API server is lost, trying again: ${error.message}`;
}

function reason(error: unknown): string {
  if (isGone(error)) return 'it is gone with its pod';
  return error instanceof Error ? error.message : String(error);
}
