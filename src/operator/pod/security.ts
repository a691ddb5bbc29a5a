/** Security contexts within the Pod Security profile "restricted", unless the stage itself asks for root. */
import type { PodSpec } from '../../api/kubernetes.ts';
import type { StageInstance } from '../../plan/plan.ts';
import type { PodConfig } from '../config.ts';

type PodSecurityContext = NonNullable<PodSpec['securityContext']>;
type SecurityContext = NonNullable<PodSpec['containers'][number]['securityContext']>;

/** One uid and gid for all containers, so that both sides of the workspace can read and write it. */
export function podSecurity(instance: StageInstance, config: PodConfig): PodSecurityContext {
  const user = userOf(instance, config);
  const group = instance.securityContext.runAsGroup ?? config.runAsGroup;
  return {
    runAsUser: user,
    runAsGroup: group,
    runAsNonRoot: user !== 0,
    fsGroup: group,
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

export function userOf(instance: StageInstance, config: PodConfig): number {
  return instance.securityContext.runAsUser ?? config.runAsUser;
}

export function containerSecurity(readOnlyRootFilesystem: boolean): SecurityContext {
  return {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    ...(readOnlyRootFilesystem ? { readOnlyRootFilesystem } : {}),
  };
}
