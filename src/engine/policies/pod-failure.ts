/** Why a pod that is over has no usable word of its runner. Never a success: that only a report can say. */
import type { Pod } from '../../api/kubernetes.ts';
import type { StageReport } from '../../runner/protocol.ts';
import { type Outcome, outcome } from '../attempt.ts';
import { runnerOf } from '../observations.ts';
import { because } from '../text.ts';
import { containerFailure } from './container-failure.ts';
import { disruptionOf } from './disruption.ts';
import { serviceFailure } from './service-failure.ts';

/** sysexits: the runner was told what it cannot do. */
const EXIT_USAGE = 64;
const EXIT_CONFIG = 78;

export function podFailure(pod: Pod, report: StageReport | undefined): Outcome {
  const disrupted = disruptionOf(pod);
  if (disrupted !== undefined) return outcome('Lost', disrupted.reason, disrupted.message);
  // A deletion of ours is recorded before it is done.
  if (pod.metadata.deletionTimestamp !== undefined)
    return outcome('Lost', 'PodDeleted', `Pod "${pod.metadata.name}" was deleted from outside.`);
  return (
    deadline(pod) ??
    runnerKilled(pod) ??
    interrupted(report) ??
    containerFailure(pod, report) ??
    serviceFailure(pod) ??
    reportedLoss(report) ??
    runnerEnd(pod)
  );
}

/** Not ours: a stop of ours is recorded before it is done. */
function deadline(pod: Pod): Outcome | undefined {
  if (pod.status?.reason !== 'DeadlineExceeded') return undefined;
  const seconds = pod.spec?.activeDeadlineSeconds;
  if (seconds === undefined || seconds === 1)
    return outcome(
      'Lost',
      'PodStopped',
      `Pod "${pod.metadata.name}" was stopped by its deadline, not by Otto.`,
    );
  const message = `Pod "${pod.metadata.name}" ran longer than its activeDeadlineSeconds (${seconds}).`;
  return outcome('TimedOut', 'DeadlineExceeded', message);
}

function runnerKilled(pod: Pod): Outcome | undefined {
  const end = runnerOf(pod)?.state?.terminated;
  if (end?.reason === 'OOMKilled') {
    const cure = "raise the chart's value for the runner's memory";
    return outcome(
      'Lost',
      'RunnerOOMKilled',
      `The runner of pod "${pod.metadata.name}" ran out of memory: ${cure}.`,
    );
  }
  if (end?.reason === 'ContainerStatusUnknown')
    return outcome('Lost', 'NodeRestarted', `The node does not know how pod "${pod.metadata.name}" ended.`);
  return undefined;
}

function reportedLoss(report: StageReport | undefined): Outcome | undefined {
  if (report?.result !== 'Lost') return undefined;
  return outcome('Lost', report.reason ?? 'ContainerLost', report.message);
}

function interrupted(report: StageReport | undefined): Outcome | undefined {
  if (report?.result !== 'Interrupted') return undefined;
  return outcome(
    'Lost',
    'Interrupted',
    report.message ?? 'The stage was ended from outside, and nothing says why.',
  );
}

function runnerEnd(pod: Pod): Outcome {
  const { name } = pod.metadata;
  const end = runnerOf(pod)?.state?.terminated;
  if (end === undefined)
    return outcome(
      'Lost',
      'PodFailed',
      `Pod "${name}" failed before its runner began${because(pod.status?.message)}.`,
    );
  if (end.exitCode === EXIT_USAGE || end.exitCode === EXIT_CONFIG) {
    const cure = 'see `kubectl logs` of the pod; do operator and runner have one version?';
    return outcome(
      'Lost',
      'RunnerMisconfigured',
      `The runner of pod "${name}" cannot follow its instructions: ${cure}`,
    );
  }
  if (end.reason === 'StartError' || end.reason === 'ContainerCannotRun')
    return outcome(
      'Lost',
      'RunnerNotStarted',
      `The runner of pod "${name}" could not be started${because(end.message)}.`,
    );
  return outcome(
    'Lost',
    'RunnerLost',
    `The runner of pod "${name}" ended (exit code ${end.exitCode}) without saying how the stage did.`,
  );
}
