/** Stage attempts as the pod builder is given them, with few words. */
import type { Pod, PodSpec } from '../../../api/kubernetes.ts';
import type { Run } from '../../../api/run.ts';
import type { PlannedStep, StageInstance } from '../../../plan/plan.ts';
import type { PodConfig } from '../../config.ts';
import { buildPod, type StageAttempt } from '../build-pod.ts';

export type Container = PodSpec['containers'][number];
export type Volume = NonNullable<PodSpec['volumes']>[number];

export const POD_CONFIG: PodConfig = {
  runnerImage: 'localhost/otto:1',
  runnerPullPolicy: 'IfNotPresent',
  runnerResources: { requests: { cpu: '10m' } },
  defaultResources: {},
  runAsUser: 1000,
  runAsGroup: 1000,
  lostNodeSeconds: 60,
  postSeconds: 60,
  ioBytes: 1 << 26,
  logBytes: 1 << 20,
  outputsBytes: 2048,
};

export function aStep(more: Partial<PlannedStep> = {}): PlannedStep {
  return {
    symbol: 'sh',
    parameters: { script: 'make' },
    env: {},
    continueOnError: false,
    retries: { limit: 0, backoff: { initialSeconds: 1, factor: 2, maxSeconds: 10 } },
    ...more,
  };
}

export function anInstance(more: Partial<StageInstance> = {}): StageInstance {
  return {
    name: 'build',
    env: {},
    image: 'busybox:1.36',
    shell: 'Image',
    containers: [],
    services: [],
    securityContext: {},
    checkout: false,
    steps: [aStep()],
    post: { always: [], success: [], failure: [] },
    outputs: {},
    graceSeconds: 10,
    credentials: [],
    scope: {
      params: {},
      source: { url: '', branch: '', tag: '', revision: '', author: '', message: '', changedPaths: [] },
      run: { name: 'demo-1', namespace: 'team', uid: 'run-uid', result: '' },
      pipeline: { name: 'demo' },
      stages: {},
    },
    ...more,
  };
}

/** Two Secrets, a container of its own shell, one of Otto's, a service: everything that a pod can have. */
export function aFullInstance(more: Partial<StageInstance> = {}): StageInstance {
  return anInstance({
    credentials: ['git-key', 'registry'],
    containers: [{ name: 'tools', image: 'localhost/tools:1', shell: 'Otto', env: { A: '$(B)' } }],
    services: [{ name: 'db', image: 'postgres:17', ready: { tcp: 5432 } }],
    ...more,
  });
}

export const RUN: Run = {
  metadata: { name: 'demo-1', namespace: 'team', uid: 'run-uid' },
  spec: { pipelineRef: { name: 'demo' } },
};

export function anAttempt(instance: StageInstance, more: Partial<StageAttempt> = {}): StageAttempt {
  return { run: RUN, pipeline: 'demo', instance, attempt: 2, podName: 'demo-1-build-2', ...more };
}

/** As the API server gets it: JSON, so what is undefined is not there. */
export function podOf(instance: StageInstance, config: Partial<PodConfig> = {}): Pod {
  return JSON.parse(JSON.stringify(buildPod(anAttempt(instance), { ...POD_CONFIG, ...config })));
}

export function containersOf(pod: Pod): Container[] {
  return [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
}

export function containerOf(pod: Pod, name: string): Container | undefined {
  return containersOf(pod).find((container) => container.name === name);
}
