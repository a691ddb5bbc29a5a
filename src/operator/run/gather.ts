/** All that a decision about one Run needs, mostly from caches; what only a read can tell is read. */
import type { Pod } from '../../api/kubernetes.ts';
import type { Run } from '../../api/run.ts';
import type { DecideInput, EngineConfig } from '../../engine/decide-types.ts';
import type { ApiClient } from '../../kube/client.ts';
import { isNotFound } from '../../kube/errors.ts';
import { PODS } from '../../kube/resource.ts';
import type { PlanStore } from '../plan-store.ts';
import type { PodWarnings } from '../pod-warnings.ts';
import type { Refusals } from '../refusals.ts';
import type { ReportStore } from '../report-store.ts';
import { PODS_BY_RUN, type Views } from '../views.ts';

export interface GatherSources {
  client: Pick<ApiClient, 'get'>;
  views: Views;
  plans: PlanStore;
  reports: ReportStore;
  warnings: PodWarnings;
  refusals: Refusals;
  now(): number;
  engine: EngineConfig;
}

export interface Gathered {
  input: DecideInput;
  /** Look again after this, even if the decision does not ask for it. */
  askAgainMs?: number;
}

const ACTIVE: ReadonlySet<string> = new Set(['Starting', 'Running', 'Stopping']);

export async function gather(run: Run, sources: GatherSources): Promise<Gathered> {
  const finished = run.status?.completionTime !== undefined;
  const plan = finished ? {} : await sources.plans.planFor(run);
  const missing = await findMissing(run, sources);
  const pods = podsOf(run, sources.views);
  const { warnings, askAgainMs } = await sources.warnings.of(pods);
  const input: DecideInput = {
    run,
    ...plan,
    pods,
    missingPods: missing,
    reports: sources.reports.of(run.metadata.uid ?? ''),
    warnings,
    refusals: sources.refusals.of(run.metadata.uid ?? ''),
    now: sources.now(),
    config: sources.engine,
  };
  return askAgainMs === undefined ? { input } : { input, askAgainMs };
}

/** After creations: the same, with the pods and refusals that are known now. */
export function gatherAgain(input: DecideInput, sources: GatherSources): DecideInput {
  const pods = podsOf(input.run, sources.views);
  const uid = input.run.metadata.uid ?? '';
  const refusals = sources.refusals.of(uid);
  return {
    ...input,
    pods,
    refusals,
    reports: sources.reports.of(uid),
    now: sources.now(),
  };
}

/** Whoever may create pods elsewhere may write this Run's UID into one: an owner is of the same namespace. */
function podsOf({ metadata: { namespace, uid } }: Run, views: Views): readonly Pod[] {
  const pods = views.pods.byIndex(PODS_BY_RUN, uid ?? '');
  return pods.filter((pod) => pod.metadata.namespace === namespace);
}

/** A cache may lag, so that a recorded pod is gone is the API server's to say. UIDs of those that are. */
async function findMissing(run: Run, sources: GatherSources): Promise<Set<string>> {
  const missing = new Set<string>();
  const namespace = run.metadata.namespace ?? '';
  for (const { state, podName, podUID } of run.status?.stages ?? []) {
    if (podName === undefined || podUID === undefined || !ACTIVE.has(state)) continue;
    if (sources.views.pods.get({ namespace, name: podName })?.metadata.uid === podUID) continue;
    const live = await findPod(sources.client, namespace, podName);
    if (live !== undefined) sources.views.pods.observe(live);
    if (live?.metadata.uid !== podUID) missing.add(podUID);
  }
  return missing;
}

async function findPod(
  client: GatherSources['client'],
  namespace: string,
  name: string,
): Promise<Pod | undefined> {
  try {
    return await client.get(PODS, { namespace, name });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
