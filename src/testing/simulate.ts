/** One seed, played to its end, and everything about it that must be so. */
import type { KubeObject, Pod } from '../api/kubernetes.ts';
import { LABEL_ATTEMPT, LABEL_STAGE } from '../api/names.ts';
import type { Run, StageStatus } from '../api/run.ts';
import { runOf } from '../operator/views.ts';
import { compile } from '../plan/compile.ts';
import type { StepLibrary } from '../plan/manifest.ts';
import type { Plan } from '../plan/plan.ts';
import { Random } from './random.ts';
import { SimulatedCluster } from './simulated-cluster.ts';

export interface SimulateOptions {
  seed: number;
  library: StepLibrary;
  onLog?: (line: string) => void;
}

export interface Played {
  /** What was not as it must be; none: all is well. */
  problems: string[];
  runs: Run[];
  /** Virtual milliseconds. */
  took: number;
  writes: number;
  /** How often the operator was killed. */
  kills: number;
}

/** How long after a cancel an operator may not know of it yet: its watch may be broken, itself dead. */
const NEWS_MS = 60_000;
const QUIET_MS = 300_000;
const GOOD: ReadonlySet<string> = new Set(['Succeeded', 'Unstable']);

export async function simulate({ seed, library, onLog }: SimulateOptions): Promise<Played> {
  const random = new Random(seed ^ 0x5eed);
  const calm = random.chance(0.3);
  const cluster = new SimulatedCluster({
    seed,
    runs: random.whole(1, 3),
    kills: random.whole(0, 6),
    faults: calm
      ? { lost: 0, unanswered: 0, broken: 0, doubled: 0, latencyMs: 20 }
      : {
          lost: 0.03,
          unanswered: 0.03,
          broken: 0.03,
          doubled: 0.05,
          latencyMs: random.pick([20, 200, 2000]),
        },
    hazards: {
      failure: random.pick([0, 0.2, 0.5]),
      infrastructure: random.pick([0, 0.1, 0.4]),
      report: random.pick([0, 0.7, 1]),
    },
    library,
    ...(onLog === undefined ? {} : { onLog }),
  });
  const problems: string[] = [];
  const attempts = new Map<string, number>();
  const cancelledAt = new Map<string, number>();
  cluster.onCreate((plural, object) => {
    if (plural !== 'pods') return;
    const run = cluster.runs.find(({ metadata }) => metadata.uid === runOf(object as Pod)?.uid);
    if (run === undefined) return;
    if (run.spec.state === 'Cancelled' && !cancelledAt.has(run.metadata.name ?? '')) {
      cancelledAt.set(run.metadata.name ?? '', cluster.clock.now());
    }
    problems.push(...checkCreation(cluster, run, object, library, attempts, cancelledAt));
  });
  const ended = await cluster.play();
  if (!ended) {
    for (const run of cluster.runs) {
      if (run.status?.completionTime === undefined) {
        problems.push(`${run.metadata.name} never ends: ${JSON.stringify(run.status)}`);
      }
    }
  }
  // Stops and deletions that were asked for at the end are under way still.
  await cluster.clock.run(() => false, QUIET_MS);
  const { writes } = cluster;
  await cluster.clock.run(() => false, QUIET_MS);
  if (cluster.writes !== writes) problems.push(`${cluster.writes - writes} writes after all had ended`);
  for (const run of cluster.runs) problems.push(...checkEnd(cluster, run, library));
  return { problems, runs: cluster.runs, took: cluster.clock.now(), writes, kills: cluster.kills };
}

function planOf(run: Run, library: StepLibrary): Plan {
  const compiled = compile(run.spec.pipelineSpec ?? { stages: [] }, { name: 'p', library });
  if ('errors' in compiled) throw new Error(JSON.stringify(compiled.errors));
  return compiled.plan;
}

function checkCreation(
  cluster: SimulatedCluster,
  run: Run,
  pod: KubeObject,
  library: StepLibrary,
  attempts: Map<string, number>,
  cancelledAt: Map<string, number>,
): string[] {
  const problems: string[] = [];
  const name = pod.metadata.name ?? '';
  const { [LABEL_STAGE]: stage = '', [LABEL_ATTEMPT]: attempt = '' } = pod.metadata.labels ?? {};
  if (cluster.store.find('pods', pod.metadata.namespace, name) !== undefined) return problems;
  const times = (attempts.get(name) ?? 0) + 1;
  attempts.set(name, times);
  const recorded = run.status?.stages?.find((it) => it.name === stage);
  if (
    times > 1 &&
    recorded?.attempt !== undefined &&
    recorded.attempt >= Number(attempt) &&
    recorded.podUID !== undefined
  ) {
    problems.push(`attempt ${attempt} of ${stage} is created again after it was recorded`);
  }
  const plan = planOf(run, library);
  const isLast = plan.finally.some((it) => it.name === stage);
  const since = cancelledAt.get(run.metadata.name ?? '');
  if (!isLast && since !== undefined && cluster.clock.now() - since > NEWS_MS) {
    problems.push(`${name} is created after the cancel`);
  }
  for (const need of plan.stages.find((it) => it.name === stage)?.needs ?? []) {
    if (!isMet(cluster, run, plan, need)) problems.push(`${name} is created before ${need} has ended well`);
  }
  if (isLast) {
    for (const other of plan.stages) {
      const status = run.status?.stages?.find((it) => it.name === other.name);
      const open =
        status !== undefined && status.state !== 'Finished' && lastWord(cluster, status) === undefined;
      if (open && status.podUID !== undefined && isAlive(cluster, status)) {
        problems.push(`${name} is created while ${other.name} runs`);
      }
    }
  }
  return problems;
}

function isMet(cluster: SimulatedCluster, run: Run, plan: Plan, need: string): boolean {
  const group = plan.groups.find((it) => it.name === need);
  if (group !== undefined) {
    return group.allowFailure || group.members.every((member) => isMet(cluster, run, plan, member));
  }
  const stage = plan.stages.find((it) => it.name === need);
  const status = run.status?.stages?.find((it) => it.name === need);
  if (status?.state === 'Finished') {
    return stage?.allowFailure === true || status.result === 'Skipped' || GOOD.has(status.result ?? '');
  }
  // Known to the operator and not written yet: then a pod has said so, or a condition was false.
  if (stage?.when.includes('false') === true) return true;
  return stage?.allowFailure === true || cluster.saidWell(run.metadata.uid ?? '', need);
}

function lastWord(cluster: SimulatedCluster, status: StageStatus): string | undefined {
  return cluster.kubelet.results.get(status.podUID ?? '');
}

function isAlive(cluster: SimulatedCluster, status: StageStatus): boolean {
  const pod = cluster.pods.find((it) => it.metadata.uid === status.podUID);
  const phase = pod?.status?.phase;
  return phase === 'Running' && !cluster.saidLast(status.podUID ?? '');
}

function checkEnd(cluster: SimulatedCluster, run: Run, library: StepLibrary): string[] {
  const problems: string[] = [];
  const { name, uid } = run.metadata;
  const plan = planOf(run, library);
  const stages = new Map((run.status?.stages ?? []).map((stage) => [stage.name, stage]));
  for (const stage of [...plan.stages, ...plan.finally]) {
    const status = stages.get(stage.name);
    if (status?.state !== 'Finished') problems.push(`${name}: ${stage.name} is ${status?.state} at the end`);
    const said = cluster.kubelet.results.get(status?.podUID ?? '');
    if (said !== undefined && GOOD.has(said) && status?.result !== said) {
      problems.push(`${name}: ${stage.name} is ${status?.result}, and its pod said ${said}`);
    }
    if (said === undefined && status?.result !== undefined && GOOD.has(status.result)) {
      if (!cluster.saidWell(uid ?? '', stage.name)) problems.push(`${name}: ${stage.name} never said so`);
    }
  }
  for (const pod of cluster.pods) {
    if (runOf(pod)?.uid !== uid) continue;
    // A pod that was created and never recorded (the operator died in between) is none of the Run's, if it is stopped.
    const { phase } = pod.status ?? {};
    if (phase !== 'Succeeded' && phase !== 'Failed') problems.push(`${name}: ${pod.metadata.name} lives on`);
  }
  return problems;
}
