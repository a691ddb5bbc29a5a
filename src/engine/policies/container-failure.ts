/** A container of the user's that ended, or never could start, while its stage needed it. */
import type { ContainerStatus, Pod } from '../../api/kubernetes.ts';
import { RUNNER_CONTAINER } from '../../api/names.ts';
import type { StageReport } from '../../runner/protocol.ts';
import { type Outcome, outcome } from '../attempt.ts';
import { because } from '../text.ts';

const NO_SHELL = /executable file not found|no such file or directory|permission denied/i;
/** The loop's own code when it is not process 1, which only a changed pod can bring about. */
const LOOP_MISPLACED = 64;

/** Undefined: no container of the user's explains it. */
export function containerFailure(pod: Pod, report: StageReport | undefined): Outcome | undefined {
  for (const status of pod.status?.containerStatuses ?? []) {
    if (status.name === RUNNER_CONTAINER) continue;
    const failure = startFailure(status) ?? endFailure(status, report);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

/** It never began: known at once, and no later try of the same image can help. */
export function startFailure(status: ContainerStatus): Outcome | undefined {
  const { name, image } = status;
  const { terminated, waiting } = status.state ?? {};
  const message = terminated?.message ?? waiting?.message;
  const failed =
    terminated?.reason === 'StartError' ||
    terminated?.reason === 'ContainerCannotRun' ||
    (waiting?.reason === 'RunContainerError' && NO_SHELL.test(message ?? '')) ||
    (waiting?.reason === 'CreateContainerError' && /executable file not found/i.test(message ?? ''));
  if (!failed) return undefined;
  if (!NO_SHELL.test(message ?? ''))
    return outcome('Lost', 'StartError', `Container "${name}" could not be started${because(message)}.`);
  const cure = 'set `shell: Otto` on the stage or the container, or use an image that has a shell';
  return outcome('Failed', 'NoShell', `Image "${image}" of container "${name}" has no /bin/sh: ${cure}.`);
}

function endFailure(status: ContainerStatus, report: StageReport | undefined): Outcome | undefined {
  const reason = status.state?.terminated?.reason;
  // Only the runner knows which ended first: without its word it may be the container that lost its runner.
  if (report?.result !== 'Lost' && reason !== 'OOMKilled' && reason !== 'ContainerStatusUnknown')
    return undefined;
  return endOutcome(status);
}

/** Of a container that ended before its steps had. */
export function endOutcome({ name, state, image }: ContainerStatus): Outcome | undefined {
  const end = state?.terminated;
  if (end === undefined) return undefined;
  if (end.reason === 'OOMKilled') {
    const cure = 'raise resources.limits.memory or use less';
    return outcome('Failed', 'OOMKilled', `Container "${name}" used more memory than its limit: ${cure}.`);
  }
  if (end.reason === 'ContainerStatusUnknown')
    return outcome('Lost', 'NodeRestarted', `The node does not know how container "${name}" ended.`);
  if (end.exitCode === LOOP_MISPLACED) {
    const cure = 'podTemplate must not share the process namespace or replace its command';
    return outcome('Failed', 'ContainerExited', `Container "${name}" cannot take steps: ${cure}.`);
  }
  // From within, process 1 cannot be killed by KILL: that came from outside.
  if (end.exitCode === 137 || end.exitCode === 143)
    return outcome('Lost', 'ContainerKilled', `Container "${name}" (${image}) was killed from outside.`);
  return outcome(
    'Failed',
    'ContainerExited',
    `Container "${name}" (${image}) ended with exit code ${end.exitCode} before its steps had.`,
  );
}
