/** A user's container without a cluster: the loop as process 1 of a process namespace of its own. Needs root. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loopText } from '../runner/loop.ts';
import { makeFolder } from '../runner/pod-contract.ts';

export const SHELLS: Readonly<Record<string, string>> = {
  dash: '/bin/dash',
  bash: '/bin/bash --posix',
  ash: '/bin/busybox sh',
  mksh: '/bin/mksh',
  zsh: '/bin/zsh --emulate sh',
  ksh: '/bin/ksh93',
};

/** Those that this machine has. */
export function shellsAtHand(): string[] {
  return Object.keys(SHELLS).filter((name) => existsSync(SHELLS[name]?.split(' ')[0] ?? ''));
}

let answer: boolean | undefined;
export function canMakeNamespaces(): boolean {
  answer ??= spawnSync('unshare', ['-pf', '--mount-proc', 'true'], { timeout: 10_000 }).status === 0;
  return answer;
}

export class LoopContainer {
  readonly root: string;
  readonly folder: string;
  readonly workspace: string;
  readonly process: ChildProcess;
  stderr = '';

  constructor(shell: string, name = 'main', root: string = mkdtempSync(join(tmpdir(), 'otto-loop-'))) {
    this.root = root;
    this.folder = join(root, name);
    this.workspace = root;
    execFileSync('sh', ['-c', makeFolder(this.folder)]);
    const words = (SHELLS[shell] ?? shell).split(' ');
    const script = loopText({ folder: this.folder, shell: words.join(' ') });
    this.process = spawn('unshare', ['-pf', '--kill-child', '--mount-proc', ...words, '-c', script], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.process.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
  }

  /** Ends all of it, as the kernel does when process 1 is killed. */
  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const gone = new Promise((resolve) => this.process.once('exit', resolve));
      this.process.kill('SIGKILL');
      await gone;
    }
    rmSync(this.root, { recursive: true, force: true });
  }
}
