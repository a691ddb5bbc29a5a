/** The containers and services of a stage: their names, images and strings. */

import { MAIN_CONTAINER, RUNNER_CONTAINER } from '../api/names.ts';
import type { Container, Resources, Service, Stage } from '../api/pipeline.ts';
import { MAX_CONTAINERS } from './bounds.ts';
import type { Path } from './diagnostics.ts';
import { dnsLabelCure, isDnsLabel } from './names.ts';
import type { PlannedStage } from './plan.ts';
import type { Site } from './site.ts';
import { seconds } from './times.ts';

/** Names that the pod itself uses. */
const RESERVED: ReadonlySet<string> = new Set([RUNNER_CONTAINER, MAIN_CONTAINER, 'otto-shell']);

export function planContainers(stage: Stage, path: Path, site: Site): PlannedStage['containers'] {
  const containers = stage.containers ?? [];
  checkNames([...containers, ...(stage.services ?? [])], containers.length, path, site);
  return containers.map((container: Container, index) => {
    const here = [...path, 'containers', index];
    site.text(container.image, [...here, 'image']);
    const planned: PlannedStage['containers'][number] = {
      name: container.name,
      image: container.image,
      shell: container.shell ?? stage.shell ?? 'Image',
      env: site.env(container.env, [...here, 'env']),
    };
    if (container.resources !== undefined) planned.resources = container.resources;
    return planned;
  });
}

export function planServices(stage: Stage, path: Path, site: Site): Service[] {
  return (stage.services ?? []).map((service, index) => {
    const here = [...path, 'services', index];
    site.text(service.image, [...here, 'image']);
    site.json(service.command, [...here, 'command']);
    site.json(service.args, [...here, 'args']);
    site.env(service.env, [...here, 'env']);
    const { ready } = service;
    if (ready !== undefined) {
      const probes = [ready.tcp, ready.http, ready.exec].filter((probe) => probe !== undefined);
      if (probes.length !== 1) {
        const message = `Service '${service.name}' is ready by exactly one of tcp, http and exec.`;
        site.problems.error('InvalidService', [...here, 'ready'], message);
      }
      seconds(ready.timeout, [...here, 'ready', 'timeout'], site.problems);
      site.json(ready.exec, [...here, 'ready', 'exec']);
    }
    return service;
  });
}

function checkNames(
  parts: readonly { name: string }[],
  containers: number,
  path: Path,
  { problems }: Site,
): void {
  const seen = new Set<string>();
  if (parts.length > MAX_CONTAINERS) {
    const message = `The stage has ${parts.length} containers and services; at most ${MAX_CONTAINERS} are allowed.`;
    problems.error('TooManyContainers', path, message);
  }
  for (const [index, { name }] of parts.entries()) {
    const inContainers = index < containers;
    const here = [
      ...path,
      inContainers ? 'containers' : 'services',
      inContainers ? index : index - containers,
      'name',
    ];
    if (!isDnsLabel(name)) {
      problems.error('InvalidName', here, `'${name}' cannot be a container's name. ${dnsLabelCure(name)}`);
    } else if (RESERVED.has(name)) {
      problems.error(
        'ReservedName',
        here,
        `'${name}' is the name of one of Otto's own containers: choose another.`,
      );
    } else if (seen.has(name)) {
      problems.error('DuplicateName', here, `Two containers or services of this stage are named '${name}'.`);
    }
    seen.add(name);
  }
}

/** Quantities may hold templates, as all strings may. */
export function checkResources(resources: Resources | undefined, path: Path, site: Site): void {
  site.json(resources?.requests, [...path, 'requests']);
  site.json(resources?.limits, [...path, 'limits']);
}
