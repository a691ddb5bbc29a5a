/** Runs that go on while something is broken, and a census of their pods: read through whatever happens to the API server. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { Census } from '../../hack/faults/census.ts';
import { NEEDS } from '../../hack/faults/load.ts';
import type { Pod } from '../../src/api/kubernetes.ts';
import { LABEL_RUN, LABEL_STAGE } from '../../src/api/names.ts';
import type { Run } from '../../src/api/run.ts';
import { PODS, RUNS } from '../../src/kube/resource.ts';
import { namespaceFor } from '../kubectl.ts';
import { processesOf } from '../node.ts';
import { eventually, type Ground, IMAGE, PATIENCE_MS } from './ground.ts';

export type DiamondStage = 'first' | 'left' | 'right' | 'join' | 'last';
/** Goes on until the test lets it end, from the node and not through the API server. */
export const UNTIL_RELEASED = 'set +x; echo begun; until [ -e go ]; do usleep 20000; done';

export class Diamonds {
  readonly namespace: string;
  readonly #ground: Ground;
  readonly #census: Census;
  readonly #names: string[] = [];

  constructor(ground: Ground, test: string) {
    this.#ground = ground;
    this.namespace = namespaceFor(test);
    this.#census = new Census(ground.client, this.namespace);
  }

  async start(): Promise<void> {
    await this.#ground.kubectl(['create', 'namespace', this.namespace]);
    await eventually('there is a service account', async () => {
      const args = [
        '-n',
        this.namespace,
        'get',
        'serviceaccount',
        'default',
        '--ignore-not-found',
        '-o',
        'name',
      ];
      return (await this.#ground.kubectl(args)) !== '' || undefined;
    });
    await this.#census.start();
  }

  async stop(): Promise<void> {
    await this.#ground.kubectl(['delete', 'namespace', this.namespace, '--wait=false']);
  }

  /** @param scripts of stages that do more than end. */
  async create(names: readonly string[], scripts: Partial<Record<DiamondStage, string>>): Promise<void> {
    const stage = (name: DiamondStage): object => ({
      name,
      needs: NEEDS[name],
      gracePeriod: '1s',
      steps: [{ sh: scripts[name] ?? 'true' }],
    });
    const { needs: _, ...last } = { needs: [], ...stage('last') };
    const pipelineSpec = {
      defaults: { image: IMAGE },
      stages: (['first', 'left', 'right', 'join'] as const).map(stage),
      finally: [last],
    };
    const items = names.map((name) => ({
      apiVersion: 'otto.dev/v1alpha1',
      kind: 'Run',
      metadata: { name, namespace: this.namespace },
      spec: { pipelineSpec },
    }));
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    await this.#ground.kubectl(['create', '-f', '-'], { input });
    this.#names.push(...names);
  }

  /** Its pod, once the script of the stage has begun. */
  async begun(run: string, stage: DiamondStage): Promise<Pod> {
    return await eventually(`${stage} of ${run} runs`, async () => {
      const { status } = await this.run(run);
      const found = status?.stages?.find(({ name }) => name === stage);
      if (found?.steps?.[0] === undefined || found.podName === undefined) return undefined;
      const key = { namespace: this.namespace, name: found.podName };
      const pod = await this.#ground.client.get(PODS, key);
      return loopOf(pod) === undefined ? undefined : pod;
    });
  }

  async run(name: string): Promise<Run> {
    return await this.#ground.client.get(RUNS, { namespace: this.namespace, name });
  }

  async describe(name: string): Promise<string> {
    return await this.#ground.kubectl(['-n', this.namespace, 'describe', 'run', name]);
  }

  async pods(run: string, stage: DiamondStage): Promise<Pod[]> {
    const labelSelector = `${LABEL_RUN}=${run},${LABEL_STAGE}=${stage}`;
    return (await this.#ground.client.list(PODS, { namespace: this.namespace, labelSelector })).items;
  }

  async ended(name: string): Promise<Run> {
    return await eventually(`${name} has ended`, async () => {
      // Whatever does not answer yet, the Run is looked at again.
      const run = await this.run(name).catch(() => undefined);
      return run?.status?.completionTime === undefined ? undefined : run;
    });
  }

  /** Every Run that was created succeeds, and nothing was done twice or before its time. */
  async allSucceed(): Promise<void> {
    for (const name of this.#names) await this.ended(name);
    assert.deepEqual(await this.#census.check(this.#names.length), []);
  }
}

/** Lets the stage end. */
export function releaseStage(pod: Pod): void {
  const loop = loopOf(pod);
  if (loop === undefined) throw new Error(`pod ${pod.metadata.name} has no process on this machine`);
  writeFileSync(`/proc/${loop}/root/workspace/go`, '');
}

export function loopOf(pod: Pod): number | undefined {
  return processesOf(pod, 'main').find(({ innerPid }) => innerPid === 1)?.pid;
}

export const LIMIT_MS: number = PATIENCE_MS * 2;
