/** The container `otto`: runs the stage's steps, and alone holds its token and credentials. */
import type { PodSpec } from '../../api/kubernetes.ts';
import { RUNNER_CONTAINER } from '../../api/names.ts';
import { INSTRUCTIONS_VARIABLE, runnerCommand } from '../../runner/pod-contract.ts';
import type { PodConfig } from '../config.ts';
import type { StageAttempt } from './build-pod.ts';
import { environment, kubeResources, literal } from './container-fields.ts';
import { chunks, instructions } from './instructions.ts';
import { containerSecurity } from './security.ts';
import { runnerMounts, userContainerNames } from './volumes.ts';

export function runnerContainer(stage: StageAttempt, config: PodConfig): PodSpec['containers'][number] {
  const parts = chunks(JSON.stringify(instructions(stage, config)));
  return {
    name: RUNNER_CONTAINER,
    image: config.runnerImage,
    imagePullPolicy: config.runnerPullPolicy,
    command: runnerCommand(userContainerNames(stage.instance)).map(literal),
    env: environment(
      Object.fromEntries(parts.map((part, index) => [`${INSTRUCTIONS_VARIABLE}${index}`, part])),
    ),
    resources: kubeResources(config.runnerResources, {}),
    securityContext: containerSecurity(true),
    volumeMounts: runnerMounts(stage.instance),
  };
}
