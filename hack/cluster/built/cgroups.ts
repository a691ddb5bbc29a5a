// One control group a cluster, in every hierarchy there is (cgroup v1 has many, v2 one). Two kubelets must not
// share a root: each would take the other's pods for orphans and kill them. It also holds every process of
// the cluster, so that after a crash nothing of it can be missed.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export function cgroupMounts(mounts: string = readFileSync('/proc/self/mounts', 'utf8')): readonly string[] {
  return mounts
    .split('\n')
    .map((line) => line.split(' '))
    .filter((fields) => fields[2] === 'cgroup' || fields[2] === 'cgroup2')
    .map((fields) => fields[1] ?? '')
    .filter(Boolean);
}

/** Creates the groups and returns the `cgroup.procs` files that a component has to enter. */
export function createCgroups(name: string): readonly string[] {
  return cgroupMounts().map((mount) => {
    const group = join(mount, name);
    delegateControllers(mount);
    mkdirSync(group, { recursive: true });
    delegateControllers(group);
    inheritCpuset(mount, group);
    const components = join(group, 'components');
    mkdirSync(components, { recursive: true });
    inheritCpuset(group, components);
    return join(components, 'cgroup.procs');
  });
}

/** v2: children have only the controllers that their parent hands down. */
function delegateControllers(group: string): void {
  const control = join(group, 'cgroup.subtree_control');
  if (!existsSync(control)) return;
  const there = readFileSync(join(group, 'cgroup.controllers'), 'utf8').trim().split(' ').filter(Boolean);
  for (const controller of there) {
    try {
      writeFileSync(control, `+${controller}`);
    } catch {
      // Another controller may still work; kubelet says which ones it misses.
    }
  }
}

/** v1: a new cpuset is empty, and no process may enter an empty one. */
function inheritCpuset(from: string, to: string): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const path = join(to, file);
    if (existsSync(path) && existsSync(join(from, file)) && readFileSync(path, 'utf8').trim() === '') {
      writeFileSync(path, readFileSync(join(from, file), 'utf8'));
    }
  }
}

function groupsBelow(group: string): readonly string[] {
  if (!existsSync(group)) return [];
  const children = readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...children.flatMap((entry) => groupsBelow(join(group, entry.name))), group];
}

export function processesInCgroups(name: string): readonly number[] {
  const pids = new Set<number>();
  for (const mount of cgroupMounts()) {
    for (const group of groupsBelow(join(mount, name))) {
      for (const line of read(join(group, 'cgroup.procs')).split('\n'))
        if (line !== '') pids.add(Number(line));
    }
  }
  return [...pids];
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Removes the groups, deepest first. False while one still has a process that is on its way out. */
export function removeCgroups(name: string): boolean {
  let done = true;
  for (const mount of cgroupMounts()) {
    for (const group of groupsBelow(join(mount, name))) {
      try {
        rmdirSync(group);
      } catch {
        done = false;
      }
    }
  }
  return done;
}
