/** A service that does not get ready: the stage's own failure, known before its first step. */
import type { ContainerStatus, Pod } from '../../api/kubernetes.ts';
import { type Outcome, outcome } from '../attempt.ts';
import { runnerOf } from '../observations.ts';
import { because } from '../text.ts';

/** Ends before it was ready that are put up with: some servers need what another one makes first. */
const ENDS = 2;

export function serviceFailure(pod: Pod): Outcome | undefined {
  const runner = runnerOf(pod)?.state;
  // Once the runner runs, all services were ready; what they do then is for the steps to find.
  if (runner?.running !== undefined || runner?.terminated !== undefined) return undefined;
  const sidecars = new Set(
    (pod.spec?.initContainers ?? []).filter((c) => c.restartPolicy === 'Always').map(({ name }) => name),
  );
  for (const status of pod.status?.initContainerStatuses ?? []) {
    const failure = sidecars.has(status.name) ? notReady(status, pod) : undefined;
    if (failure !== undefined) return failure;
  }
  return undefined;
}

function notReady(status: ContainerStatus, pod: Pod): Outcome | undefined {
  const { name, state, lastState, restartCount, started } = status;
  if (started === true && state?.running !== undefined) return undefined;
  const end = state?.terminated ?? lastState?.terminated;
  if (end === undefined) return undefined;
  const log = `see \`kubectl logs ${pod.metadata.name} -c ${name} --previous\``;
  // A startup probe that gave up kills the container, which takes as long as the user gave it.
  const probed = end.exitCode === 137 || end.exitCode === 143;
  if (probed && restartCount >= 1)
    return outcome('Failed', 'ServiceNotReady', `Service "${name}" was not ready in its time: ${log}.`);
  if (restartCount < ENDS) return undefined;
  const how = `ended with exit code ${end.exitCode}${because(end.message)}`;
  return outcome('Failed', 'ServiceNotReady', `Service "${name}" ${how} before it was ready: ${log}.`);
}
