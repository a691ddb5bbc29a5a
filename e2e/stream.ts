/** A program whose output is looked at while it runs. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

export class Stream {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<number>;
  readonly #waiting = new Set<() => void>();
  stdout = '';
  stderr = '';

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    this.#child = spawn(command, args, { env });
    this.#child.stdin.end();
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#wake();
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.#ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code) => {
        resolve(code ?? 1);
        this.#wake();
      });
    });
  }

  /** The exit code. */
  async ended(): Promise<number> {
    return await this.#ended;
  }

  /** @throws when it ends without having said so. */
  async says(text: RegExp): Promise<void> {
    while (!text.test(this.stdout)) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        await this.#ended;
        if (text.test(this.stdout)) return;
        throw new Error(`it ended without saying ${String(text)}: ${this.stdout}\n${this.stderr}`);
      }
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): void {
    this.#child.kill(signal);
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
