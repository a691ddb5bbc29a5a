/** The Runs of a namespace as `kubectl get --watch` shows them: what they are now, and what they have been. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Run } from '../src/api/run.ts';

export class RunWatch {
  readonly #command: string;
  readonly #args: readonly string[];
  readonly #seen = new Map<string, Run[]>();
  readonly #waiting = new Set<() => void>();
  #child: ChildProcess | undefined;
  #closed = false;

  /** @param args of kubectl, up to what it shall get. */
  constructor(command: string, args: readonly string[]) {
    this.#command = command;
    this.#args = args;
    this.#open();
  }

  /** All states of the Run that were seen, the newest last. */
  history(name: string): readonly Run[] {
    return this.#seen.get(name) ?? [];
  }

  /** @throws when it has not become so in time: with the Run's last state. */
  async until(name: string, what: string, holds: (run: Run) => boolean, limitMs: number): Promise<Run> {
    const started = Date.now();
    for (;;) {
      const run = this.history(name).at(-1);
      if (run !== undefined && holds(run)) return run;
      const left = started + limitMs - Date.now();
      if (left <= 0) {
        const { message, current, progress, result } = run?.status ?? {};
        const state = JSON.stringify({ result, progress, current, message });
        throw new Error(`Run ${name} did not get to "${what}" within ${limitMs / 1000} s: ${state}`);
      }
      await this.#next(left);
    }
  }

  close(): void {
    this.#closed = true;
    this.#child?.kill();
  }

  #next(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, limitMs);
      this.#waiting.add(wake);
    });
  }

  #open(): void {
    // An API server ends watches now and then: kubectl ends with them, and the next one begins with all there is.
    const child = spawn(this.#command, [...this.#args, 'get', 'runs', '--watch', '-o', 'json'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#child = child;
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const parts = (text + chunk).split(/^\}$\n/m);
      text = parts.pop() ?? '';
      for (const part of parts) this.#observe(`${part}}`);
    });
    child.on('close', () => {
      if (!this.#closed) this.#open();
    });
  }

  #observe(text: string): void {
    const run: Run = JSON.parse(text);
    const name = run.metadata.name ?? '';
    this.#seen.set(name, [...(this.#seen.get(name) ?? []), run]);
    for (const wake of this.#waiting) wake();
  }
}
