/** Nodes of the model: each pod gets a history of its own, drawn when it is created, good ones and bad ones. */
import type { KubeObject, Pod } from '../api/kubernetes.ts';
import { LABEL_ATTEMPT, LABEL_STAGE, RUNNER_CONTAINER } from '../api/names.ts';
import type { Clock } from '../kube/clock.ts';
import { runOf } from '../operator/views.ts';
import type { ReportedResult, StageReport } from '../runner/protocol.ts';
import { encodeTermination } from '../runner/termination.ts';
import type { Change, ModelStore } from './model-store.ts';
import type { Random } from './random.ts';

/** How often, from 0 to 1. */
export interface Hazards {
  /** The stage does not end well. */
  failure: number;
  /** The infrastructure fails the pod. */
  infrastructure: number;
  /** A direct report arrives. */
  report: number;
}

export interface KubeletOptions {
  store: ModelStore;
  clock: Clock;
  random: Random;
  hazards: Hazards;
  /** The direct channel. */
  report(podUID: string, report: StageReport): void;
}

type Trouble = 'evicted' | 'nodeLost' | 'deleted' | 'runnerLost' | 'pullHeals';
const TROUBLES: readonly [Trouble, ...Trouble[]] = [
  'evicted',
  'nodeLost',
  'deleted',
  'runnerLost',
  'pullHeals',
];
const BAD: readonly [ReportedResult, ...ReportedResult[]] = ['Failed', 'Aborted', 'TimedOut', 'Unstable'];

export class ModelKubelet {
  readonly #options: KubeletOptions;
  /** Pods whose runner has said its last word, or never will. */
  readonly #over = new Set<string>();
  readonly #stopping = new Set<string>();
  /** Results that the API server holds, by pod UID: what must never be forgotten. */
  readonly results: Map<string, ReportedResult> = new Map<string, ReportedResult>();
  /** `RUN_UID/STAGE` of those that ended well, as far as anybody could know. */
  readonly saidWell: Set<string> = new Set<string>();

  constructor(options: KubeletOptions) {
    this.#options = options;
  }

  onChange({ plural, type, object }: Change): void {
    if (plural !== 'pods') return;
    if (type === 'ADDED') this.#live(object);
    else if (type === 'MODIFIED' && isStopped(object)) this.#stop(object);
  }

  /** A deletion by the API: a pod on a node ends first. */
  deletes(object: KubeObject, graceSeconds: number | undefined): boolean {
    const pod: Pod = object;
    if (pod.spec?.nodeName === undefined || graceSeconds === 0) return false;
    this.#change(pod, (it) => {
      it.metadata.deletionTimestamp ??= this.#time();
    });
    this.#later(5000, () => this.#remove(pod));
    return true;
  }

  isOver(podUID: string): boolean {
    return this.#over.has(podUID);
  }

  #live(object: KubeObject): void {
    const { random, hazards } = this.#options;
    const pod: Pod = object;
    const trouble = random.chance(hazards.infrastructure) ? random.pick(TROUBLES) : undefined;
    const result = random.chance(hazards.failure) ? random.pick(BAD) : 'Succeeded';
    const seconds = random.whole(1, 30);
    this.#later(500, () => {
      this.#change(pod, (it) => {
        it.spec = { containers: [], ...it.spec, nodeName: 'node' };
        it.status = {
          phase: 'Pending',
          ...(trouble === 'pullHeals' ? { containerStatuses: [pulling()] } : {}),
        };
      });
      this.#later(trouble === 'pullHeals' ? 60_000 : 3000, () => this.#run(pod, seconds, result, trouble));
    });
    if (trouble === 'deleted') this.#later(40_000, () => this.#remove(pod, true));
    if (trouble === 'nodeLost') this.#later(40_000, () => this.#loseNode(pod));
    if (trouble === 'evicted') this.#later(40_000, () => this.#evict(pod));
  }

  #run(pod: Pod, seconds: number, result: ReportedResult, trouble: Trouble | undefined): void {
    const started = this.#time();
    this.#change(pod, (it) => {
      it.status = { phase: 'Running', containerStatuses: [running(started)] };
    });
    this.#tell(pod, { sequence: 1, startTime: started });
    this.#later(seconds * 1000, () => {
      if (trouble === 'runnerLost') this.#end(pod, started, undefined, 137);
      else this.#end(pod, started, result, result === 'Succeeded' || result === 'Unstable' ? 0 : 1);
    });
  }

  #end(pod: Pod, started: string, result: ReportedResult | undefined, exitCode: number): void {
    const { uid = '' } = pod.metadata;
    if (this.#over.has(uid)) return;
    this.#over.add(uid);
    if (result === 'Succeeded' || result === 'Unstable') {
      this.saidWell.add(`${runOf(pod)?.uid ?? ''}/${pod.metadata.labels?.[LABEL_STAGE] ?? ''}`);
    }
    const finishTime = this.#time();
    const word =
      result === undefined
        ? undefined
        : { sequence: 2, startTime: started, finishTime, result, reason: result, message: `it ${result}` };
    if (word !== undefined) this.#tell(pod, word);
    this.#later(2000, () => {
      const there = this.#change(pod, (it) => {
        const message = word === undefined ? {} : { message: encodeTermination(reportOf(pod, word)) };
        it.status = {
          phase: exitCode === 0 ? 'Succeeded' : 'Failed',
          ...(isStopped(it) ? { reason: 'DeadlineExceeded' } : {}),
          containerStatuses: [terminated(exitCode, finishTime, message)],
        };
      });
      if (there && result !== undefined) this.results.set(uid, result);
    });
  }

  #stop(pod: Pod): void {
    const { uid = '' } = pod.metadata;
    if (this.#stopping.has(uid)) return;
    this.#stopping.add(uid);
    this.#later(4000, () => this.#end(pod, this.#time(), 'Interrupted', 143));
  }

  #evict(pod: Pod): void {
    this.#unlessOver(pod, () => {
      this.#change(pod, (it) => {
        it.status = { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' };
      });
    });
  }

  #loseNode(pod: Pod): void {
    this.#unlessOver(pod, () => {
      this.#change(pod, (it) => {
        it.metadata.deletionTimestamp = this.#time();
        it.status = { ...it.status, phase: it.status?.phase ?? 'Pending', reason: 'NodeLost' };
      });
      this.#later(120_000, () => this.#remove(pod));
    });
  }

  #remove(pod: Pod, unlessOver = false): void {
    const remove = (): void => {
      const { namespace, name = '', uid } = pod.metadata;
      const there = this.#options.store.find('pods', namespace, name);
      if (there?.metadata.uid === uid) this.#options.store.remove('pods', namespace, name);
    };
    if (unlessOver) this.#unlessOver(pod, remove);
    else {
      this.#over.add(pod.metadata.uid ?? '');
      remove();
    }
  }

  #unlessOver(pod: Pod, act: () => void): void {
    const { uid = '' } = pod.metadata;
    if (this.#over.has(uid)) return;
    this.#over.add(uid);
    act();
  }

  /** @returns false where the pod is gone. */
  #change(pod: Pod, change: (pod: Pod) => void): boolean {
    const { namespace, name = '', uid } = pod.metadata;
    if (this.#options.store.find('pods', namespace, name)?.metadata.uid !== uid) return false;
    this.#options.store.update('pods', namespace, name, change);
    return true;
  }

  #tell(pod: Pod, word: Pick<StageReport, 'sequence' | 'startTime'> & Partial<StageReport>): void {
    const { random, hazards } = this.#options;
    if (!random.chance(hazards.report)) return;
    this.#later(300, () => this.#options.report(pod.metadata.uid ?? '', reportOf(pod, word)));
  }

  #later(mostMs: number, act: () => void): void {
    this.#options.clock.after(this.#options.random.next() * mostMs, act);
  }

  #time(): string {
    return new Date(this.#options.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  }
}

function reportOf(
  pod: Pod,
  word: Pick<StageReport, 'sequence' | 'startTime'> & Partial<StageReport>,
): StageReport {
  const { [LABEL_STAGE]: stage = '', [LABEL_ATTEMPT]: attempt = '1' } = pod.metadata.labels ?? {};
  return { version: 1, run: runOf(pod)?.name ?? '', stage, attempt: Number(attempt), steps: [], ...word };
}

function isStopped(pod: Pod): boolean {
  return pod.spec?.activeDeadlineSeconds === 1;
}

type Status = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];

function status(state: NonNullable<Status['state']>): Status {
  return { name: RUNNER_CONTAINER, image: 'otto', imageID: '', ready: false, restartCount: 0, state };
}

function pulling(): Status {
  return status({ waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "otto"' } });
}

function running(startedAt: string): Status {
  return status({ running: { startedAt } });
}

function terminated(exitCode: number, finishedAt: string, more: { message?: string }): Status {
  return status({
    terminated: { exitCode, finishedAt, reason: exitCode === 0 ? 'Completed' : 'Error', ...more },
  });
}
