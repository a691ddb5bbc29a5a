// Every pod that there ever was, by a watch of its own, held against what the Runs say in the end.
import type { Pod } from '../../src/api/kubernetes.ts';
import { LABEL_ATTEMPT, LABEL_STAGE } from '../../src/api/names.ts';
import type { Run, StageStatus } from '../../src/api/run.ts';
import { Cache } from '../../src/kube/cache.ts';
import type { ApiClient } from '../../src/kube/client.ts';
import { PODS, RUNS } from '../../src/kube/resource.ts';
import { runOf } from '../../src/operator/views.ts';
import { NEEDS } from './load.ts';

interface Seen {
  run: string;
  stage: string;
  attempt: number;
  /** Of all pods of this name: more than one means that the attempt was made again. */
  uids: Set<string>;
  createdAt: number;
}

export class Census {
  readonly #client: ApiClient;
  readonly #namespace: string;
  readonly #seen = new Map<string, Seen>();
  readonly #stop = new AbortController();
  /** Names of pods that were deleted on purpose. */
  readonly deleted: Set<string> = new Set<string>();

  constructor(client: ApiClient, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  get pods(): number {
    return this.#seen.size;
  }

  async start(): Promise<void> {
    const cache = new Cache<Pod>({
      client: this.#client,
      type: PODS,
      namespaces: [this.#namespace],
      indexes: {},
      onError: () => {},
    });
    cache.onChange(({ after }) => {
      if (after !== undefined) this.#note(after);
    });
    cache.start(this.#stop.signal);
    await cache.whenSynced();
  }

  #note(pod: Pod): void {
    const { name = '', uid = '', labels, creationTimestamp = '' } = pod.metadata;
    const seen = this.#seen.get(name) ?? {
      run: runOf(pod)?.name ?? '',
      stage: labels?.[LABEL_STAGE] ?? '',
      attempt: Number(labels?.[LABEL_ATTEMPT]),
      uids: new Set<string>(),
      createdAt: Date.parse(creationTimestamp),
    };
    seen.uids.add(uid);
    this.#seen.set(name, seen);
  }

  /** @returns what is not as it must be, each as a sentence. */
  async check(created: number): Promise<string[]> {
    this.#stop.abort();
    const { items } = await this.#client.list(RUNS, { namespace: this.#namespace });
    const problems = items.flatMap((run) => this.#checkRun(run));
    if (items.length !== created) problems.push(`${created} Runs were created and ${items.length} are there`);
    return problems;
  }

  #checkRun(run: Run): string[] {
    const name = run.metadata.name ?? '';
    const problems: string[] = [];
    const stages = new Map((run.status?.stages ?? []).map((stage) => [stage.name, stage]));
    if (run.status?.result !== 'Succeeded') {
      problems.push(`${name} is ${run.status?.result ?? 'not ended'}: ${run.status?.message ?? ''}`);
    }
    for (const pod of this.#seen.values()) {
      if (pod.run === name) problems.push(...this.#checkPod(pod, stages));
    }
    return problems;
  }

  #checkPod(pod: Seen, stages: ReadonlyMap<string, StageStatus>): string[] {
    const problems: string[] = [];
    const what = `${pod.run}: attempt ${pod.attempt} of ${pod.stage}`;
    const wasDeleted = this.#wasDeleted(pod.run, pod.stage);
    // Deleted before it was recorded, it is made again under its name: it had done nothing that is known.
    if (pod.uids.size > 1 && !wasDeleted) problems.push(`${what} was made ${pod.uids.size} times`);
    if (pod.attempt > 1 && !wasDeleted) problems.push(`${what} was made though nothing had gone wrong`);
    for (const need of NEEDS[pod.stage] ?? []) {
      const before = stages.get(need);
      // Both times are whole seconds.
      if (before?.finishTime === undefined || Date.parse(before.finishTime) > pod.createdAt + 1000) {
        problems.push(`${what} began at ${new Date(pod.createdAt).toISOString()}, before ${need} ended`);
      }
    }
    return problems;
  }

  #wasDeleted(run: string, stage: string): boolean {
    return [...this.#seen].some(
      ([name, pod]) => pod.run === run && pod.stage === stage && this.deleted.has(name),
    );
  }
}
