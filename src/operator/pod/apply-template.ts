/**
 * Pod templates are merged last and may set nearly anything; what follows them restores what a stage pod is: its
 * identity, its runner, and that nothing but the runner sees token and credentials. Any other Secret of the namespace a
 * template may mount where it likes: that is as in every pod, see docs/security.md.
 */
import type { Pod, PodSpec } from '../../api/kubernetes.ts';
import { LABEL_MANAGED_BY, RUNNER_CONTAINER, TOKEN_AUDIENCE } from '../../api/names.ts';
import type { Json } from '../../api/pipeline.ts';
import { ApiError } from '../../kube/errors.ts';
import { containerSecurity } from './security.ts';
import { strategicMerge } from './strategic-merge.ts';
import { shapeProblem } from './template-shape.ts';
import { PLACER_CONTAINER } from './user-containers.ts';
import { isFixed, isRunnerOnly } from './volumes.ts';

type Container = PodSpec['containers'][number];
type Volume = NonNullable<PodSpec['volumes']>[number];

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';
/** Would loosen the runner. */
const RUNNER_APPARMOR = `container.apparmor.security.beta.kubernetes.io/${RUNNER_CONTAINER}`;

/** @throws ApiError as the API server would refuse a template of the wrong shape. */
export function applyTemplates(pod: Pod, templates: readonly ({ [key: string]: Json } | undefined)[]): Pod {
  const given = templates.filter((template) => template !== undefined);
  if (given.length === 0) return pod;
  let merged: Json = JSON.parse(JSON.stringify(pod));
  for (const template of given) {
    merged = strategicMerge(merged, template) ?? null;
    const problem = shapeProblem(merged);
    if (problem !== undefined) throw new ApiError(422, 'Invalid', problem);
  }
  return restore(JSON.parse(JSON.stringify(merged)), pod);
}

function restore(merged: Partial<Pod>, own: Pod): Pod {
  const { labels, annotations } = merged.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...own.metadata,
      labels: { ...unreserved(labels), ...own.metadata.labels },
      annotations: {
        ...own.metadata.annotations,
        ...unreserved(annotations),
        [DEFAULT_CONTAINER]: RUNNER_CONTAINER,
      },
    },
    ...(own.spec === undefined ? {} : { spec: restoreSpec(merged.spec ?? own.spec, own.spec) }),
  };
}

function restoreSpec(merged: PodSpec, own: PodSpec): PodSpec {
  const { ephemeralContainers: _, terminationGracePeriodSeconds: __, initContainers, ...theirs } = merged;
  const { terminationGracePeriodSeconds: grace } = own;
  const init = restoreInit(initContainers ?? [], own.initContainers ?? []);
  return {
    ...theirs,
    restartPolicy: 'Never',
    // Absent means true to Kubernetes.
    automountServiceAccountToken: theirs.automountServiceAccountToken ?? false,
    enableServiceLinks: theirs.enableServiceLinks ?? false,
    // A shared process namespace opens the runner's /proc, and with it its files, to the user's containers.
    shareProcessNamespace: false,
    hostPID: false,
    ...(grace === undefined ? {} : { terminationGracePeriodSeconds: grace }),
    // 1 is Otto's own word for a pod that it stopped.
    ...(theirs.activeDeadlineSeconds === 1 ? { activeDeadlineSeconds: 2 } : {}),
    ...(init.length === 0 ? {} : { initContainers: init }),
    containers: restoreContainers(theirs.containers ?? [], own.containers),
    volumes: restoreVolumes(theirs.volumes ?? [], own.volumes ?? []),
  };
}

/** The runner as it was built, but for its resources; the containers that the stage's steps run in are there. */
function restoreContainers(theirs: readonly Container[], own: readonly Container[]): Container[] {
  const resources = theirs.find(isRunner)?.resources;
  const runner = own.filter(isRunner).map((container) => ({ ...container, ...(resources && { resources }) }));
  const others = theirs.filter((container) => !isRunner(container));
  const names = new Set(others.map(({ name }) => name));
  const missing = own.filter((container) => !isRunner(container) && !names.has(container.name));
  return [...runner, ...others.map(harmless), ...missing];
}

/** The shell's placer as it was built, before all others. */
function restoreInit(theirs: readonly Container[], own: readonly Container[]): Container[] {
  const placer = own.filter(({ name }) => name === PLACER_CONTAINER);
  const others = theirs.filter(({ name }) => placer.length === 0 || name !== PLACER_CONTAINER);
  return [...placer, ...others.map(harmless)];
}

function restoreVolumes(theirs: readonly Volume[], own: readonly Volume[]): Volume[] {
  const others = theirs.filter(({ name }) => !isFixed(name));
  const names = new Set(others.map(({ name }) => name));
  return [...own.filter(({ name }) => !names.has(name)), ...others.map(withoutReportToken)];
}

function isRunner(container: Container): boolean {
  return container.name === RUNNER_CONTAINER;
}

/** Without the runner's volumes; what says nothing about security is within the profile "restricted". */
function harmless(container: Container): Container {
  const { volumeMounts, volumeDevices, securityContext } = container;
  const allowed = ({ name }: { name: string }): boolean => !isRunnerOnly(name);
  return {
    ...container,
    ...(volumeMounts === undefined ? {} : { volumeMounts: volumeMounts.filter(allowed) }),
    ...(volumeDevices === undefined ? {} : { volumeDevices: volumeDevices.filter(allowed) }),
    securityContext: securityContext ?? containerSecurity(false),
  };
}

/** A token of the reports' audience is the runner's alone, under whatever name it is asked for. */
function withoutReportToken(volume: Volume): Volume {
  const { projected } = volume;
  if (projected?.sources === undefined) return volume;
  const sources = projected.sources.filter(
    ({ serviceAccountToken }) => serviceAccountToken?.audience !== TOKEN_AUDIENCE,
  );
  return { ...volume, projected: { ...projected, sources } };
}

function unreserved(names: Record<string, string> | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(names ?? {}).filter(
      ([name]) => !name.startsWith('otto.dev/') && name !== LABEL_MANAGED_BY && name !== RUNNER_APPARMOR,
    ),
  );
}
