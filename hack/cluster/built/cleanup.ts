// Takes a cluster away, in whatever state it is: running, half started, or cut off by kill -9 or a reboot.
// Everything it looks at is found by the cluster's own names, so nothing of others can be hit.
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { run, succeeds } from '../../tools/command.ts';
import { processesInCgroups, removeCgroups } from './cgroups.ts';
import { componentNames } from './components.ts';
import type { Layout } from './layout.ts';
import { processesInNetwork, removeNetwork } from './network.ts';
import { identify, type ProcessRecord, recordedNames, signal, stopProcess, waitForEnd } from './processes.ts';

export async function cleanUp(layout: Layout): Promise<void> {
  await endComponents(layout);
  await endEverythingElse(layout);
  removeShimSockets(layout);
  await unmountBelow(layout.folder);
  await removeNetwork(layout);
  const deadline = Date.now() + 10_000;
  while (!removeCgroups(layout.cgroup)) {
    if (Date.now() > deadline)
      throw new Error(`the control groups ${layout.cgroup} still have processes: see cgroup.procs in them`);
    await delay(50);
  }
  removeLogLinks(layout);
  rmSync(layout.folder, { recursive: true, force: true });
}

/**
 * The node before the API server, and that before etcd, for which it would wait long. kubelet and what watches
 * the API hold no state that a kill could hurt; etcd gets its moment because its data may be looked at.
 */
async function endComponents({ pids }: Layout): Promise<void> {
  const order = [...componentNames].reverse();
  const others = recordedNames(pids).filter((name) => !order.some((component) => component === name));
  await Promise.all(others.map((name) => stopProcess(pids, name, { grace: 0 })));
  const late = new Set(['kube-apiserver', 'etcd', 'containerd']);
  await Promise.all(
    order.filter((name) => !late.has(name)).map((name) => stopProcess(pids, name, { grace: 0 })),
  );
  await stopProcess(pids, 'kube-apiserver', { grace: 0 });
  await stopProcess(pids, 'etcd', { grace: 2_000 });
  await stopProcess(pids, 'containerd', { grace: 0 });
}

/** Pods' processes and their shims: all are in the cluster's control groups or network namespace. */
async function endEverythingElse(layout: Layout): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const pids = new Set([...processesInCgroups(layout.cgroup), ...(await processesInNetwork(layout))]);
    const records = [...pids].map(identify).filter((record): record is ProcessRecord => record !== undefined);
    if (records.length === 0) return;
    for (const record of records) signal(record, 'SIGKILL');
    await waitForEnd(records, 2_000);
  }
  throw new Error(`processes of the cluster ${layout.name} do not end: see cgroup.procs of ${layout.cgroup}`);
}

/** A killed shim leaves its socket outside of the state folder; its bundle says where. */
function removeShimSockets({ folder }: Layout): void {
  const tasks = join(folder, 'containerd', 'state', 'io.containerd.runtime.v2.task', 'k8s.io');
  if (!existsSync(tasks)) return;
  for (const id of readdirSync(tasks)) {
    const file = join(tasks, id, 'address');
    const address = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
    if (address.startsWith('unix:///run/containerd/s/'))
      rmSync(address.slice('unix://'.length), { force: true });
  }
}

export function mountsBelow(folder: string, mountinfo: string): readonly string[] {
  return mountinfo
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .map((path) =>
      path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
    )
    .filter((path) => path.startsWith(`${folder}/`))
    .reverse();
}

async function unmountBelow(folder: string): Promise<void> {
  for (let round = 0; round < 10; round++) {
    const mounts = mountsBelow(folder, readFileSync('/proc/self/mountinfo', 'utf8'));
    if (mounts.length === 0) return;
    for (const mount of mounts) {
      // Lazy as the last resort: what keeps it busy has been killed and only has to be forgotten.
      if (!(await succeeds(['umount', mount]))) await succeeds(['umount', '--lazy', mount]);
    }
  }
  const left = mountsBelow(folder, readFileSync('/proc/self/mountinfo', 'utf8'));
  if (left.length > 0) await run(['umount', ...left]);
}

/** kubelet links every container's log in this folder, whatever its own folder is. */
function removeLogLinks({ folder }: Layout): void {
  const links = '/var/log/containers';
  if (!existsSync(links)) return;
  for (const name of readdirSync(links)) {
    const link = join(links, name);
    try {
      if (readlinkSync(link).startsWith(`${folder}/`)) unlinkSync(link);
    } catch {
      // not a link, or gone by now
    }
  }
}
