/** Actions of a decision against the API server. Each may be done twice: names are deterministic, UIDs are asked for. */
import type { Pod } from '../../api/kubernetes.ts';
import type { Run } from '../../api/run.ts';
import type { Action } from '../../engine/decide-types.ts';
import type { ApiClient, DeleteOptions } from '../../kube/client.ts';
import { isAlreadyExists, isConflict, isNotFound } from '../../kube/errors.ts';
import { keyOf, PODS, RUNS } from '../../kube/resource.ts';
import type { PodConfig } from '../config.ts';
import { buildPod, type ReportTarget } from '../pod/build-pod.ts';
import { isRefusal, type Refusals } from '../refusals.ts';
import { runOf, type Views } from '../views.ts';

export type CreatePod = Extract<Action, { type: 'CreatePod' }>;

export interface ExecuteTargets {
  client: ApiClient;
  views: Views;
  refusals: Refusals;
  pods: PodConfig;
  /** Absent while direct reports are off. */
  reportTarget(): ReportTarget | undefined;
  event(run: Run, kind: 'Normal' | 'Warning', reason: string, message: string): void;
}

export type Created = 'created' | 'refused' | 'waits';

/** A refusal is remembered and shown; an outage is thrown, and the whole pass is tried again. */
export async function createPod(run: Run, action: CreatePod, targets: ExecuteTargets): Promise<Created> {
  const { client, refusals, views } = targets;
  const uid = run.metadata.uid ?? '';
  const namespace = run.metadata.namespace ?? '';
  if (refusals.waitMs(uid, action.stage, action.attempt) > 0) return 'waits';
  try {
    const report = targets.reportTarget();
    const pod = buildPod(
      {
        run,
        pipeline: action.instance.scope.pipeline.name,
        instance: action.instance,
        attempt: action.attempt,
        podName: action.podName,
        ...(report === undefined ? {} : { report }),
      },
      targets.pods,
    );
    views.pods.observe(await client.create(PODS, namespace, pod));
  } catch (error) {
    if (isAlreadyExists(error)) return await adopt(run, action, targets);
    if (!isRefusal(error)) throw error;
    refusals.remember(uid, action.stage, action.attempt, error);
    return 'refused';
  }
  refusals.forget(uid, action.stage);
  return 'created';
}

async function adopt(run: Run, action: CreatePod, targets: ExecuteTargets): Promise<Created> {
  const namespace = run.metadata.namespace ?? '';
  const uid = run.metadata.uid ?? '';
  const existing = await targets.client.get(PODS, { namespace, name: action.podName });
  if (runOf(existing)?.uid === uid) {
    targets.views.pods.observe(existing);
    targets.refusals.forget(uid, action.stage);
    return 'created';
  }
  const message = `pod "${action.podName}" exists and belongs to something else; delete it or start a Run of another name`;
  targets.refusals.remember(uid, action.stage, action.attempt, {
    code: 409,
    reason: 'AlreadyExists',
    message,
  });
  return 'refused';
}

/** Everything but creations. */
export async function perform(run: Run, action: Action, targets: ExecuteTargets): Promise<void> {
  switch (action.type) {
    case 'CreatePod':
      return;
    case 'StopPod':
      await unlessGone(() => stopPod(run, action.podName, action.podUID, targets));
      return;
    case 'DeletePod':
      await unlessGone(() =>
        deletePod(run, action.podName, { uid: action.podUID, gracePeriodSeconds: 0 }, targets),
      );
      return;
    case 'Event':
      targets.event(run, action.kind, action.reason, action.message);
      return;
    case 'DeleteRun':
      await unlessGone(() =>
        targets.client.delete(
          RUNS,
          keyOf(run),
          run.metadata.uid === undefined ? {} : { uid: run.metadata.uid },
        ),
      );
  }
}

/** The kubelet ends a pod that is past its deadline as a deletion would, but keeps the object and its logs. */
async function stopPod(run: Run, name: string, uid: string, targets: ExecuteTargets): Promise<void> {
  const namespace = run.metadata.namespace ?? '';
  const pod = targets.views.pods.get({ namespace, name });
  if (pod?.metadata.uid === uid && pod.spec?.activeDeadlineSeconds === 1) return;
  if (pod?.metadata.uid === uid && pod.spec?.nodeName === undefined) {
    // If a node has taken it in the meantime it may have ended, and its result must not go with it: it is stopped then.
    const { resourceVersion } = pod.metadata;
    await deletePod(
      run,
      name,
      { uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
      targets,
    );
    return;
  }
  const body = { metadata: { uid }, spec: { activeDeadlineSeconds: 1 } };
  const stopped: Pod = await targets.client.patch(PODS, { namespace, name }, { kind: 'merge', body });
  targets.views.pods.observe(stopped);
}

async function deletePod(
  run: Run,
  name: string,
  options: DeleteOptions,
  targets: ExecuteTargets,
): Promise<void> {
  await targets.client.delete(PODS, { namespace: run.metadata.namespace ?? '', name }, options);
}

/** Gone, or another of the same name: either way not ours to end any more. */
async function unlessGone(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}
