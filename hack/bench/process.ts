// What a process on this machine uses, and its end.
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';

/** Linux counts in hundredths of a second, whatever the kernel's own tick is. */
const TICK_MS = 10;

/** User and system time so far. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Most memory that it had at once. */
export function peakMegabytes(pid: number): number {
  return statusKilobytes(pid, 'VmHWM') / 1024;
}

function statusKilobytes(pid: number, field: string): number {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm'));
  return Number(line?.[1] ?? Number.NaN);
}

/** All that runs on this machine, by the minute; two cores are busy at 2. */
export function load(): string {
  return (loadavg()[0] ?? 0).toFixed(1);
}

const children = new Set<ChildProcess>();

/** Ends with this command, whatever ends that. */
export function tied(child: ChildProcess): ChildProcess {
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** On Ctrl-C and SIGTERM: kills what is tied, does the rest of the cleaning, and exits. */
export function onInterrupt(clean: () => Promise<void>): void {
  const interrupted = (): void => {
    for (const child of children) child.kill('SIGKILL');
    clean()
      .catch((error: unknown) => console.error(error))
      .finally(() => process.exit(130));
  };
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
}

/** Waits for the end of a child that was told to end, and kills it after the limit. */
export async function endOf(child: ChildProcess, limitMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
