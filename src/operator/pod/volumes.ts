/** The volumes of a stage pod. What must stay apart is apart here: token and credentials are mounted by the runner alone. */
import type { PodSpec } from '../../api/kubernetes.ts';
import { TOKEN_AUDIENCE } from '../../api/names.ts';
import type { StageInstance } from '../../plan/plan.ts';
import {
  CREDENTIALS_PATH,
  HOME_PATH,
  IO_PATH,
  SHELL_PATH,
  TOKEN_PATH,
  WORKSPACE_PATH,
} from '../../runner/pod-contract.ts';
import type { PodConfig } from '../config.ts';
import { labelValue } from './label-value.ts';
import { userOf } from './security.ts';

type Volume = NonNullable<PodSpec['volumes']>[number];
type VolumeMount = NonNullable<PodSpec['containers'][number]['volumeMounts']>[number];

export const IO_VOLUME = 'otto-io';
export const WORKSPACE_VOLUME = 'workspace';
export const HOME_VOLUME = 'otto-home';
export const TOKEN_VOLUME = 'otto-token';
export const SHELL_VOLUME = 'otto-shell';
const RUNNER_TMP_VOLUME = 'otto-tmp';
const CREDENTIALS_PREFIX = 'otto-credentials-';
/** The kubelet renews it at 80 % of this. */
const TOKEN_SECONDS = 3600;

/** True for volumes that no container but the runner may mount, whatever a pod template says. */
export function isRunnerOnly(volume: string): boolean {
  return volume === TOKEN_VOLUME || volume === RUNNER_TMP_VOLUME || volume.startsWith(CREDENTIALS_PREFIX);
}

/** True for volumes that are as the builder makes them, whatever a pod template says. */
export function isFixed(volume: string): boolean {
  return volume === IO_VOLUME || volume === SHELL_VOLUME || isRunnerOnly(volume);
}

function temporaryVolume(container: string): string {
  return labelValue(`tmp-${container}`);
}

export function usesOttoShell(instance: StageInstance): boolean {
  const main = instance.image !== undefined && instance.shell === 'Otto';
  return main || instance.containers.some((container) => container.shell === 'Otto');
}

export function userContainerNames(instance: StageInstance): string[] {
  return [
    ...(instance.image === undefined ? [] : ['main']),
    ...instance.containers.map((container) => container.name),
  ];
}

export function volumes(instance: StageInstance, config: PodConfig): Volume[] {
  // The files are the kubelet's; the runner reads them through fsGroup. Root needs no group, and ssh refuses a key
  // that its own user shares with a group.
  const defaultMode = userOf(instance, config) === 0 ? 0o400 : 0o440;
  return [
    { name: IO_VOLUME, emptyDir: { medium: 'Memory', sizeLimit: String(config.ioBytes) } },
    { name: WORKSPACE_VOLUME, emptyDir: {} },
    { name: HOME_VOLUME, emptyDir: {} },
    { name: RUNNER_TMP_VOLUME, emptyDir: {} },
    {
      name: TOKEN_VOLUME,
      projected: {
        defaultMode,
        sources: [
          {
            serviceAccountToken: {
              audience: TOKEN_AUDIENCE,
              expirationSeconds: TOKEN_SECONDS,
              path: 'token',
            },
          },
        ],
      },
    },
    ...instance.credentials.map((secretName, index) => ({
      name: `${CREDENTIALS_PREFIX}${index}`,
      secret: { secretName, defaultMode },
    })),
    ...(usesOttoShell(instance) ? [{ name: SHELL_VOLUME, emptyDir: {} }] : []),
    ...(instance.securityContext.readOnlyRootFilesystem === true
      ? userContainerNames(instance).map((name) => ({ name: temporaryVolume(name), emptyDir: {} }))
      : []),
  ];
}

/** What the runner and the user's containers share. */
function sharedMounts(): VolumeMount[] {
  return [
    { name: IO_VOLUME, mountPath: IO_PATH },
    { name: WORKSPACE_VOLUME, mountPath: WORKSPACE_PATH },
    { name: HOME_VOLUME, mountPath: HOME_PATH },
  ];
}

export function runnerMounts(instance: StageInstance): VolumeMount[] {
  return [
    ...sharedMounts(),
    { name: RUNNER_TMP_VOLUME, mountPath: '/tmp' },
    { name: TOKEN_VOLUME, mountPath: TOKEN_PATH, readOnly: true },
    ...instance.credentials.map((secret, index) => ({
      name: `${CREDENTIALS_PREFIX}${index}`,
      mountPath: `${CREDENTIALS_PATH}/${secret}`,
      readOnly: true,
    })),
  ];
}

export function userMounts(instance: StageInstance, container: string, ottoShell: boolean): VolumeMount[] {
  return [
    ...sharedMounts(),
    ...(ottoShell ? [{ name: SHELL_VOLUME, mountPath: SHELL_PATH, readOnly: true }] : []),
    ...(instance.securityContext.readOnlyRootFilesystem === true
      ? [{ name: temporaryVolume(container), mountPath: '/tmp' }]
      : []),
  ];
}
