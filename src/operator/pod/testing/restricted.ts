/**
 * The Pod Security profile "restricted" (baseline's rules included), by Kubernetes' page "Pod Security Standards":
 * what of a Linux pod violates it.
 */
import type { Pod, PodSpec } from '../../../api/kubernetes.ts';

type Container = PodSpec['containers'][number];
type Seccomp = NonNullable<PodSpec['securityContext']>['seccompProfile'];

const VOLUME_TYPES: ReadonlySet<string> = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);
const SAFE_SYSCTLS: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
]);
const SELINUX_TYPES: ReadonlySet<string> = new Set([
  '',
  'container_t',
  'container_init_t',
  'container_kvm_t',
  'container_engine_t',
]);

/** Rules about the pod as a whole. */
const POD_RULES: readonly (readonly [name: string, isBroken: (spec: PodSpec) => boolean])[] = [
  ['hostNetwork', (spec) => spec.hostNetwork === true],
  ['hostPID', (spec) => spec.hostPID === true],
  ['hostIPC', (spec) => spec.hostIPC === true],
  ['volume types', (spec) => (spec.volumes ?? []).some((volume) => !hasAllowedSource(volume))],
  ['sysctls', (spec) => (spec.securityContext?.sysctls ?? []).some(({ name }) => !SAFE_SYSCTLS.has(name))],
  ['runAsUser', (spec) => spec.securityContext?.runAsUser === 0],
  ['SELinux', (spec) => isForeignSelinux(spec.securityContext?.seLinuxOptions)],
  ['seccomp', (spec) => spec.securityContext?.seccompProfile?.type === 'Unconfined'],
  ['AppArmor', (spec) => spec.securityContext?.appArmorProfile?.type === 'Unconfined'],
  ['hostProcess', (spec) => spec.securityContext?.windowsOptions?.hostProcess === true],
];

/** Rules about each container, init containers included. */
const CONTAINER_RULES: readonly (readonly [
  name: string,
  isBroken: (container: Container, spec: PodSpec) => boolean,
])[] = [
  ['privileged', ({ securityContext }) => securityContext?.privileged === true],
  ['allowPrivilegeEscalation', ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false],
  [
    'capabilities',
    ({ securityContext }) =>
      securityContext?.capabilities?.drop?.includes('ALL') !== true ||
      (securityContext.capabilities.add ?? []).some((name) => name !== 'NET_BIND_SERVICE'),
  ],
  [
    'runAsNonRoot',
    ({ securityContext }, spec) =>
      (securityContext?.runAsNonRoot ?? spec.securityContext?.runAsNonRoot) !== true,
  ],
  ['runAsUser', ({ securityContext }) => securityContext?.runAsUser === 0],
  [
    'seccomp',
    ({ securityContext }, spec) =>
      !isConfined(securityContext?.seccompProfile ?? spec.securityContext?.seccompProfile),
  ],
  ['SELinux', ({ securityContext }) => isForeignSelinux(securityContext?.seLinuxOptions)],
  ['AppArmor', ({ securityContext }) => securityContext?.appArmorProfile?.type === 'Unconfined'],
  ['procMount', ({ securityContext }) => (securityContext?.procMount ?? 'Default') !== 'Default'],
  ['hostProcess', ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true],
  ['hostPort', ({ ports }) => (ports ?? []).some(({ hostPort }) => (hostPort ?? 0) !== 0)],
  [
    'host of probes',
    ({ startupProbe, livenessProbe, readinessProbe }) =>
      [startupProbe, livenessProbe, readinessProbe].some(
        (probe) => (probe?.tcpSocket?.host ?? probe?.httpGet?.host ?? '') !== '',
      ),
  ],
];

/** One line a violation; none: the profile holds. */
export function restrictedViolations(pod: Pod): string[] {
  const { spec } = pod;
  if (spec === undefined) return ['no spec'];
  const ofPod = POD_RULES.filter(([, isBroken]) => isBroken(spec)).map(([name]) => `pod: ${name}`);
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  return [
    ...ofPod,
    ...containers.flatMap((container) =>
      CONTAINER_RULES.filter(([, isBroken]) => isBroken(container, spec)).map(
        ([name]) => `${container.name}: ${name}`,
      ),
    ),
  ];
}

function hasAllowedSource(volume: object): boolean {
  const sources = Object.keys(volume).filter((key) => key !== 'name');
  return sources.length > 0 && sources.every((source) => VOLUME_TYPES.has(source));
}

function isConfined(profile: Seccomp): boolean {
  return profile?.type === 'RuntimeDefault' || profile?.type === 'Localhost';
}

function isForeignSelinux(
  options: NonNullable<PodSpec['securityContext']>['seLinuxOptions'] | undefined,
): boolean {
  return (
    !SELINUX_TYPES.has(options?.type ?? '') || (options?.user ?? '') !== '' || (options?.role ?? '') !== ''
  );
}
