/** The containers in which the user's scripts run, and the init container that places a shell for images without one. */
import type { PodSpec } from '../../api/kubernetes.ts';
import { MAIN_CONTAINER } from '../../api/names.ts';
import type { Resources, Shell } from '../../api/pipeline.ts';
import type { StageInstance } from '../../plan/plan.ts';
import {
  HOME_PATH,
  loopCommand,
  placeShellCommand,
  SHELL_PATH,
  WORKSPACE_PATH,
} from '../../runner/pod-contract.ts';
import type { PodConfig } from '../config.ts';
import { environment, kubeResources, literal } from './container-fields.ts';
import { containerSecurity } from './security.ts';
import { SHELL_VOLUME, userMounts, usesOttoShell } from './volumes.ts';

export const PLACER_CONTAINER = 'otto-shell';

type Container = PodSpec['containers'][number];

interface Wanted {
  name: string;
  image: string;
  shell: Shell;
  env: Record<string, string>;
  resources?: Resources;
}

export function userContainers(instance: StageInstance, config: PodConfig): Container[] {
  const main: Wanted[] =
    instance.image === undefined
      ? []
      : [
          {
            name: MAIN_CONTAINER,
            image: instance.image,
            shell: instance.shell,
            env: {},
            ...optional(instance.resources),
          },
        ];
  return [...main, ...instance.containers].map((wanted) => ({
    name: wanted.name,
    image: wanted.image,
    command: loopCommand(wanted.name, wanted.shell).map(literal),
    workingDir: WORKSPACE_PATH,
    env: environment({ HOME: HOME_PATH, ...wanted.env }),
    resources: kubeResources(wanted.resources, config.defaultResources),
    securityContext: containerSecurity(instance.securityContext.readOnlyRootFilesystem === true),
    volumeMounts: userMounts(instance, wanted.name, wanted.shell === 'Otto'),
  }));
}

/** Absent where all images bring their own shell: only stages that need it pay for it. */
export function shellPlacer(instance: StageInstance, config: PodConfig): Container | undefined {
  if (!usesOttoShell(instance)) return undefined;
  return {
    name: PLACER_CONTAINER,
    image: config.runnerImage,
    imagePullPolicy: config.runnerPullPolicy,
    command: placeShellCommand().map(literal),
    resources: kubeResources(config.runnerResources, {}),
    securityContext: containerSecurity(true),
    volumeMounts: [{ name: SHELL_VOLUME, mountPath: SHELL_PATH }],
  };
}

function optional(resources: Resources | undefined): { resources?: Resources } {
  return resources === undefined ? {} : { resources };
}
