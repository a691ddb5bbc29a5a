/** What tests of the engine are made of: plans of the real step library, Runs, pods and reports, with few words. */
import { join } from 'node:path';
import type { Pod } from '../../api/kubernetes.ts';
import { LABEL_ATTEMPT, LABEL_RUN, LABEL_STAGE } from '../../api/names.ts';
import type { PipelineSpec, Stage } from '../../api/pipeline.ts';
import type { Run, RunSpec, RunStatus } from '../../api/run.ts';
import type { DecideInput, EngineConfig } from '../../engine/decide-types.ts';
import { podName } from '../../engine/pod-name.ts';
import { formatTime } from '../../engine/time.ts';
import { compile } from '../../plan/compile.ts';
import type { Plan } from '../../plan/plan.ts';
import type { ReportedResult, StageReport } from '../../runner/protocol.ts';
import { encodeTermination } from '../../runner/termination.ts';
import { loadLibrary } from '../../stdlib.ts';

const library = loadLibrary(join(import.meta.dirname, '..', '..', '..', 'stdlib'));

export const NOW: number = Date.parse('2026-03-01T12:00:00Z');
export const RUN_NAME = 'demo';

export const CONFIG: EngineConfig = {
  pendingLimitSeconds: 600,
  pipelineLimitSeconds: 300,
  maxPodsPerRun: 50,
  postSeconds: 60,
};

export function aStage(name: string, more: Partial<Stage> = {}): Stage {
  return { name, image: 'busybox:1.36', steps: [{ sh: 'echo' }], ...more };
}

export function aPlan(stages: readonly Stage[], more: Partial<PipelineSpec> = {}): Plan {
  const compiled = compile({ stages: [...stages], ...more }, { name: 'demo', library });
  if ('errors' in compiled) throw new Error(compiled.errors.map(({ message }) => message).join('\n'));
  return compiled.plan;
}

export function aRun(spec: Partial<RunSpec> = {}, status?: RunStatus): Run {
  return {
    apiVersion: 'otto.dev/v1alpha1',
    kind: 'Run',
    metadata: {
      name: RUN_NAME,
      namespace: 'team',
      uid: '6f1c0000-0000-4000-8000-000000000001',
      generation: 1,
      creationTimestamp: formatTime(NOW),
    },
    spec: { pipelineRef: { name: 'demo' }, ...spec },
    ...(status === undefined ? {} : { status }),
  };
}

export function anInput(plan: Plan | undefined, more: Partial<DecideInput> = {}): DecideInput {
  return {
    run: aRun(),
    ...(plan === undefined ? {} : { plan, planName: 'demo-0123456789' }),
    pods: [],
    missingPods: new Set(),
    reports: new Map(),
    warnings: new Map(),
    refusals: new Map(),
    now: NOW,
    config: CONFIG,
    ...more,
  };
}

export interface PodLook {
  attempt?: number;
  uid?: string;
  created?: number;
  node?: string;
  phase?: string;
  reason?: string;
  message?: string;
  deletion?: number;
  deadline?: number;
  conditions?: NonNullable<NonNullable<Pod['status']>['conditions']>;
  /** By container's name; `otto` and `main` are there unless `null` says that nothing is known of any. */
  containers?: Record<string, ContainerLook> | null;
  services?: Record<string, ContainerLook & { restarts?: number; started?: boolean; last?: ContainerLook }>;
}

export interface ContainerLook {
  waiting?: string;
  message?: string;
  running?: number;
  exit?: number;
  reason?: string;
  finished?: number;
}

type Status = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];

export function aPod(stage: string, look: PodLook = {}): Pod {
  const attempt = look.attempt ?? 1;
  const created = look.created ?? NOW;
  const containers = look.containers === undefined ? { otto: {}, main: {} } : (look.containers ?? {});
  const services = look.services ?? {};
  return {
    metadata: {
      name: podName(RUN_NAME, stage, attempt),
      namespace: 'team',
      uid: look.uid ?? `uid-${stage}-${attempt}`,
      creationTimestamp: formatTime(created),
      labels: { [LABEL_RUN]: RUN_NAME, [LABEL_STAGE]: stage, [LABEL_ATTEMPT]: String(attempt) },
      ...(look.deletion === undefined ? {} : { deletionTimestamp: formatTime(look.deletion) }),
    },
    spec: {
      containers: [{ name: 'otto' }, { name: 'main' }],
      initContainers: Object.keys(services).map((name) => ({ name, restartPolicy: 'Always' })),
      nodeName: look.node ?? 'node-1',
      terminationGracePeriodSeconds: 80,
      ...(look.deadline === undefined ? {} : { activeDeadlineSeconds: look.deadline }),
    },
    status: {
      phase: look.phase ?? 'Running',
      ...(look.reason === undefined ? {} : { reason: look.reason }),
      ...(look.message === undefined ? {} : { message: look.message }),
      ...(look.conditions === undefined ? {} : { conditions: look.conditions }),
      containerStatuses: Object.entries(containers).map(([name, container]) => aContainer(name, container)),
      initContainerStatuses: Object.entries(services).map(([name, service]) => ({
        ...aContainer(name, service),
        restartCount: service.restarts ?? 0,
        started: service.started ?? false,
        ...(service.last === undefined ? {} : { lastState: stateOf(service.last) }),
      })),
    },
  };
}

function aContainer(name: string, look: ContainerLook): Status {
  return {
    name,
    image: name === 'otto' ? 'otto:1' : 'busybox:1.36',
    imageID: '',
    ready: false,
    restartCount: 0,
    state: stateOf(look),
  };
}

function stateOf(look: ContainerLook): NonNullable<Status['state']> {
  if (look.waiting !== undefined)
    return {
      waiting: { reason: look.waiting, ...(look.message === undefined ? {} : { message: look.message }) },
    };
  if (look.exit === undefined) return { running: { startedAt: formatTime(look.running ?? NOW) } };
  return {
    terminated: {
      exitCode: look.exit,
      reason: look.reason ?? (look.exit === 0 ? 'Completed' : 'Error'),
      startedAt: formatTime(NOW),
      finishedAt: formatTime(look.finished ?? NOW),
      ...(look.message === undefined ? {} : { message: look.message }),
    },
  };
}

export function aReport(
  stage: string,
  result?: ReportedResult,
  more: Partial<StageReport> = {},
): StageReport {
  return {
    version: 1,
    run: RUN_NAME,
    stage,
    attempt: 1,
    sequence: result === undefined ? 1 : 9,
    startTime: formatTime(NOW),
    steps: [],
    ...(result === undefined ? {} : { result, finishTime: formatTime(NOW) }),
    ...more,
  };
}

/** A pod that ended with its runner's last word in it. */
export function anEndedPod(stage: string, report: StageReport, look: PodLook = {}): Pod {
  const exit = report.result === 'Succeeded' || report.result === 'Unstable' ? 0 : 1;
  return aPod(stage, {
    phase: exit === 0 ? 'Succeeded' : 'Failed',
    attempt: report.attempt,
    containers: { otto: { exit, message: encodeTermination(report) }, main: { exit: 0 } },
    ...look,
  });
}
