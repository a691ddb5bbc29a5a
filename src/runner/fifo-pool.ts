/** Ready FIFOs for the output of steps: Node cannot make one itself, and starting `mkfifo` costs milliseconds. */
import { spawn, spawnSync } from 'node:child_process';
import { lstatSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { READY_FIFOS } from './pod-contract.ts';

const LEAST = 2;

export class FifoPool {
  readonly #folder: string;
  #ready: string[] = [];
  #made = 0;

  constructor(folder: string) {
    this.#folder = folder;
    for (let i = 0; i < READY_FIFOS; i++) if (this.has(`ready${i}`)) this.#ready.push(`ready${i}`);
  }

  /** Puts a FIFO at `name`. @throws Error when none can be made (the folder is full or gone). */
  take(name: string): void {
    for (let ready = this.#ready.pop(); ready !== undefined; ready = this.#ready.pop()) {
      // User code may have deleted it or put something else there.
      if (!this.has(ready)) continue;
      renameSync(join(this.#folder, ready), join(this.#folder, name));
      if (this.#ready.length < LEAST) this.#refill();
      return;
    }
    const made = spawnSync('mkfifo', ['-m', '660', join(this.#folder, name)], {
      encoding: 'utf8',
      timeout: 10_000,
    });
    if (made.status !== 0)
      throw new Error(`cannot make a FIFO in ${this.#folder}: ${made.stderr || String(made.error)}`);
  }

  /** Gives back a FIFO that nobody writes into any more. */
  giveBack(name: string): void {
    if (!this.has(name)) return;
    const ready = `again${this.#made++}`;
    renameSync(join(this.#folder, name), join(this.#folder, ready));
    this.#ready.push(ready);
  }

  #refill(): void {
    const names = Array.from({ length: LEAST }, () => `more${this.#made++}`);
    const made = spawn('mkfifo', ['-m', '660', ...names], { cwd: this.#folder, stdio: 'ignore' });
    made.on('error', () => {});
    made.on('exit', (code) => {
      if (code === 0) this.#ready.unshift(...names);
    });
    made.unref();
  }

  /** Whether there still is a FIFO of this name. */
  has(name: string): boolean {
    return lstatSync(join(this.#folder, name), { throwIfNoEntry: false })?.isFIFO() ?? false;
  }
}
