/** The node from outside of its pods: with a cluster that runs on this machine its processes are those of /proc here. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Pod } from '../src/api/kubernetes.ts';

const PROCESS_MS = 60_000;

export interface NodeProcess {
  pid: number;
  /** Within its container's namespace. */
  innerPid: number;
  command: string;
}

/** Processes of one container of the pod, or of all its containers. */
export function processesOf(pod: Pod, container?: string): NodeProcess[] {
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  const ids = statuses
    .filter(({ name }) => container === undefined || name === container)
    .map(({ containerID = '' }) => containerID.replace(/^.*:\/\//, ''))
    .filter((id) => id !== '');
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry) || !ids.some((id) => read(entry, 'cgroup').includes(id))) return [];
    const inner = /^NSpid:.*\s(\d+)$/m.exec(read(entry, 'status'))?.[1] ?? '0';
    const command = read(entry, 'cmdline').replaceAll('\0', ' ');
    return [{ pid: Number(entry), innerPid: Number(inner), command }];
  });
}

/** What runs right now in pods of these UIDs. */
export function commandsOf(podUIDs: readonly string[]): string[] {
  // By systemd's rules for names, or cgroupfs's.
  const marks = podUIDs.flatMap((uid) => [`pod${uid}`, `pod${uid.replaceAll('-', '_')}`]);
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    const cgroup = read(entry, 'cgroup');
    return marks.some((mark) => cgroup.includes(mark)) ? [read(entry, 'cmdline').replaceAll('\0', ' ')] : [];
  });
}

/**
 * As the kernel or an administrator would.
 * @param find asked again until its container has a process: it may be being started again.
 * @returns when it was killed, in milliseconds since the epoch.
 */
export async function killFirstProcess(find: () => Promise<Pod>, container: string): Promise<number> {
  const deadline = performance.now() + PROCESS_MS;
  for (;;) {
    const pod = await find();
    const first = processesOf(pod, container).find(({ innerPid }) => innerPid === 1);
    if (first !== undefined) {
      const killedAt = Date.now();
      process.kill(first.pid, 'SIGKILL');
      return killedAt;
    }
    if (performance.now() > deadline) {
      throw new Error(`container ${container} of pod ${pod.metadata.name} has no process on this machine`);
    }
    await delay(100);
  }
}

/** Empty for a process that has ended meanwhile. */
function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
