/**
 * Pod templates are merged last and may set nearly anything; what follows them restores what a stage pod is: its
 * identity, its runner, and that nothing but the runner sees token and credentials.
 */
import type { Pod, PodSpec } from '../../api/kubernetes.ts';
import { LABEL_MANAGED_BY, RUNNER_CONTAINER } from '../../api/names.ts';
import type { Json } from '../../api/pipeline.ts';
import { strategicMerge } from './strategic-merge.ts';
import { isRunnerOnly } from './volumes.ts';

type Container = PodSpec['containers'][number];

export function applyTemplates(pod: Pod, templates: readonly ({ [key: string]: Json } | undefined)[]): Pod {
  let merged = pod;
  for (const template of templates) {
    if (template !== undefined) merged = mergePod(merged, template);
  }
  return merged === pod ? pod : restore(merged, pod);
}

function mergePod(pod: Pod, template: { [key: string]: Json }): Pod {
  const base: Json = JSON.parse(JSON.stringify(pod));
  return JSON.parse(JSON.stringify(strategicMerge(base, template) ?? base));
}

function restore(merged: Pod, own: Pod): Pod {
  const { spec } = own;
  if (spec === undefined) return own;
  const mergedSpec = merged.spec ?? spec;
  const runner = spec.containers.find((container) => container.name === RUNNER_CONTAINER);
  const containers = mergedSpec.containers.map((container) =>
    container.name === RUNNER_CONTAINER && runner !== undefined
      ? { ...runner, ...(container.resources === undefined ? {} : { resources: container.resources }) }
      : withoutRunnerVolumes(container),
  );
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...own.metadata,
      labels: { ...unreserved(merged.metadata.labels), ...own.metadata.labels },
      annotations: { ...own.metadata.annotations, ...merged.metadata.annotations },
    },
    spec: {
      ...mergedSpec,
      restartPolicy: 'Never',
      enableServiceLinks: mergedSpec.enableServiceLinks ?? false,
      // A shared process namespace opens the runner's /proc, and with it its files, to the user's containers.
      shareProcessNamespace: false,
      hostPID: false,
      ...(spec.terminationGracePeriodSeconds === undefined
        ? {}
        : { terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds }),
      containers: [...containers.filter(isRunner), ...containers.filter((container) => !isRunner(container))],
      ...(mergedSpec.initContainers === undefined
        ? {}
        : { initContainers: mergedSpec.initContainers.map(withoutRunnerVolumes) }),
      volumes: [
        ...(spec.volumes ?? []).filter((volume) => isRunnerOnly(volume.name)),
        ...(mergedSpec.volumes ?? []).filter((volume) => !isRunnerOnly(volume.name)),
      ],
    },
  };
}

function isRunner(container: Container): boolean {
  return container.name === RUNNER_CONTAINER;
}

function withoutRunnerVolumes(container: Container): Container {
  if (container.volumeMounts === undefined) return container;
  return { ...container, volumeMounts: container.volumeMounts.filter((mount) => !isRunnerOnly(mount.name)) };
}

function unreserved(labels: Record<string, string> | undefined): Record<string, string> {
  const own = Object.entries(labels ?? {}).filter(
    ([name]) => !name.startsWith('otto.dev/') && name !== LABEL_MANAGED_BY,
  );
  return Object.fromEntries(own);
}
