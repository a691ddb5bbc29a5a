// Processes that outlive the command that starts them, and that are only ever ended when they are still the
// ones that were started: a process id alone may belong to somebody else by now.
import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface ProcessRecord {
  readonly pid: number;
  /** Clock ticks since boot at which it started: with the boot's id it names one process for ever. */
  readonly startTime: string;
  readonly bootId: string;
}

export interface Start {
  readonly name: string;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly pidFolder: string;
  /** `cgroup.procs` files the process enters before it does anything. */
  readonly cgroups: readonly string[];
}

/** State and start time out of `/proc/PID/stat`, whose second field may hold spaces and brackets itself. */
export function parseStat(stat: string): { readonly state: string; readonly startTime: string } | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const startTime = fields[19];
  return state === undefined || startTime === undefined ? undefined : { state, startTime };
}

export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

export function identify(pid: number): ProcessRecord | undefined {
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    // A zombie has ended; only its parent has not asked yet.
    if (stat === undefined || stat.state === 'Z' || stat.state === 'X') return undefined;
    return { pid, startTime: stat.startTime, bootId: bootId() };
  } catch {
    return undefined;
  }
}

export function isAlive(record: ProcessRecord): boolean {
  const now = identify(record.pid);
  return now !== undefined && now.startTime === record.startTime && now.bootId === record.bootId;
}

export function parseRecord(text: string): ProcessRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { pid, startTime, bootId } = { pid: 0, startTime: '', bootId: '', ...value };
    if (!Number.isInteger(pid) || pid <= 1 || typeof startTime !== 'string' || typeof bootId !== 'string') {
      return undefined;
    }
    return { pid, startTime, bootId };
  } catch {
    return undefined;
  }
}

/** The recorded process if it still is that one; a stale record counts as none. */
export function recorded(pidFolder: string, name: string): ProcessRecord | undefined {
  const file = join(pidFolder, name);
  if (!existsSync(file)) return undefined;
  const record = parseRecord(readFileSync(file, 'utf8'));
  return record !== undefined && isAlive(record) ? record : undefined;
}

export function recordedNames(pidFolder: string): readonly string[] {
  return existsSync(pidFolder) ? readdirSync(pidFolder).sort() : [];
}

export function startProcess(start: Start): ProcessRecord {
  const running = recorded(start.pidFolder, start.name);
  if (running !== undefined) return running;
  const log = openSync(start.logFile, 'a', 0o600);
  try {
    // The shell enters the control groups and then becomes the program: the id stays the same.
    const enter = 'n=$1; shift; while [ "$n" -gt 0 ]; do echo $$ >"$1"; shift; n=$((n-1)); done; exec "$@"';
    const args = ['-c', enter, 'sh', String(start.cgroups.length), ...start.cgroups, ...start.argv];
    const child = spawn('/bin/sh', args, {
      detached: true,
      stdio: ['ignore', log, log],
      cwd: '/',
      env: { PATH: process.env['PATH'], HOME: '/root', ...start.env },
    });
    child.on('error', () => {});
    child.unref();
    const record = child.pid === undefined ? undefined : identify(child.pid);
    if (record === undefined) throw new Error(`${start.name} did not start: see ${start.logFile}`);
    writeFileSync(join(start.pidFolder, start.name), `${JSON.stringify(record)}\n`, { mode: 0o600 });
    return record;
  } finally {
    closeSync(log);
  }
}

/** Signals the process if it still is the recorded one. */
export function signal(record: ProcessRecord, name: NodeJS.Signals): void {
  if (!isAlive(record)) return;
  try {
    process.kill(record.pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** True when all have ended within the time (milliseconds). */
export async function waitForEnd(records: readonly ProcessRecord[], timeout: number): Promise<boolean> {
  const deadline = Date.now() + timeout;
  while (records.some((record) => isAlive(record))) {
    if (Date.now() > deadline) return false;
    await delay(20);
  }
  return true;
}

export interface StopOptions {
  /** Milliseconds between SIGTERM and SIGKILL; 0 kills at once. */
  readonly grace: number;
}

export async function stopProcess(pidFolder: string, name: string, { grace }: StopOptions): Promise<void> {
  const record = recorded(pidFolder, name);
  if (record !== undefined) {
    if (grace > 0) signal(record, 'SIGTERM');
    if (grace === 0 || !(await waitForEnd([record], grace))) {
      signal(record, 'SIGKILL');
      if (!(await waitForEnd([record], 10_000))) {
        throw new Error(
          `${name} (process ${record.pid}) does not end even by SIGKILL: see /proc/${record.pid}/stack`,
        );
      }
    }
  }
  const file = join(pidFolder, name);
  if (existsSync(file)) unlinkSync(file);
}
