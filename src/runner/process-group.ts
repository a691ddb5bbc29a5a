/** A program in a process group of its own, so that all that it starts ends with it. */
import { spawn } from 'node:child_process';
import { signalName } from './exit-code.ts';

export interface ProgramOptions {
  cwd: string;
  /** All of its variables: nothing is inherited. */
  env: Readonly<Record<string, string>>;
  onStdout: (chunk: Buffer) => void;
  onStderr: (chunk: Buffer) => void;
  /** Abort ends the group: TERM, then KILL after the grace period. */
  signal: AbortSignal;
  graceMs: number;
}

export interface ProgramEnd {
  /** 128+n when signal n ended it. */
  code: number;
  signal?: string;
}

/** How long output may still come after the end, from what the program left running. */
const DRAIN_MS = 200;

/** @throws Error when it cannot be started. */
export function runProgram(
  file: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramEnd> {
  const { cwd, env, signal, graceMs } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', options.onStdout);
    child.stderr.on('data', options.onStderr);
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      signalGroup(child.pid, 'SIGTERM');
      timer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), graceMs);
    };
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    };
    child.on('error', (error) => {
      settle();
      reject(new Error(`${file} cannot be started: ${error.message}`));
    });
    child.on('exit', (code, killer) => {
      settle();
      // What it left would go on beside the credentials of later steps.
      signalGroup(child.pid, 'SIGKILL');
      const end: ProgramEnd =
        killer === null ? { code: code ?? 1 } : { code: 128 + signalNumber(killer), signal: killer };
      // What left the group may hold the pipes open.
      const drained = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, DRAIN_MS);
      child.on('close', () => {
        clearTimeout(drained);
        resolve(end);
      });
    });
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
  });
}

function signalGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}

function signalNumber(name: NodeJS.Signals): number {
  for (let number = 1; number <= 64; number++) if (signalName(number) === name) return number;
  return 0;
}
