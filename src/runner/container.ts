/** A user's container, reached through the FIFOs of its loop. */
import { closeSync, constants, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type ShellExit, shellExit } from './exit-code.ts';
import { FifoReader, openFifo } from './fifo.ts';
import { FifoPool } from './fifo-pool.ts';
import { type Outputs, readOutputFile } from './output-file.ts';
import { type Rep, RepReader } from './rep.ts';
import { prologue, scriptBody } from './script.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

export interface ScriptRun {
  script: string;
  /** Flags for the shell when the script names no interpreter. */
  flags: string;
  directory: string;
  env: Readonly<Record<string, string>>;
  /** What goes into the log. */
  output: (chunk: Buffer) => void;
  /** Gets the standard output instead, when given. */
  capture?: (chunk: Buffer) => void;
  /** Abort ends the script: TERM, then KILL after the grace period. */
  signal: AbortSignal;
  graceMs: number;
}

export type ScriptEnd =
  /**
   * oomKilled: the kernel killed something in this container for lack of memory while the script ran.
   * outputDeleted: user code deleted the FIFO of the output, so some may be missing.
   */
  | { kind: 'exited'; exit: ShellExit; oomKilled: boolean; outputs: Outputs; outputDeleted: boolean }
  /** The script could not be started as it is. */
  | { kind: 'invalid'; why: string }
  /** The container is gone or does not answer: nothing is known of the script's end. */
  | { kind: 'lost'; why: string };

export interface Patience {
  /** Asked again after this long without `go`, the loop being up. */
  askAgainMs: number;
  /** Given up after this long without `go`. */
  answerMs: number;
  killAgainMs: number;
  /** Given up after this long of KILL without `rc`. */
  killMs: number;
}

export const PATIENCE: Patience = { askAgainMs: 5000, answerMs: 30_000, killAgainMs: 500, killMs: 15_000 };

type Answer = { code: number; oom: number } | { lost: string };
interface Current {
  id: string;
  going: boolean;
  settle: (answer: Answer) => void;
}

export class UserContainer {
  readonly name: string;
  readonly #folder: string;
  readonly #patience: Patience;
  readonly #pool: FifoPool;
  readonly #cmd: number;
  readonly #ctl: number;
  readonly #rep: FifoReader;
  readonly #up: Promise<void>;
  #markUp: () => void = () => {};
  #isUp = false;
  #lost: string | undefined;
  #oom = 0;
  #current: Current | undefined;
  #serial = 0;

  /** Opens the FIFOs, which lets the loop begin. @throws Error when they are not there. */
  constructor(name: string, folder: string, patience: Patience = PATIENCE) {
    this.name = name;
    this.#folder = folder;
    this.#patience = patience;
    this.#up = new Promise((resolve) => {
      this.#markUp = resolve;
    });
    const reader = new RepReader((rep) => this.#onRep(rep));
    const end = (): void => this.#lose(`container ${name} ended`);
    // All of its writers gone: the loop has ended, and with it, being process 1, all of the container.
    this.#rep = new FifoReader(join(folder, 'rep'), { data: (chunk) => reader.push(chunk), end }, false);
    // Both ways, so that opening does not wait for the loop. This process's end closes them, which ends the loop.
    this.#cmd = openFifo(join(folder, 'cmd'), 'both');
    this.#ctl = openFifo(join(folder, 'ctl'), 'both');
    this.#pool = new FifoPool(folder);
  }

  /** The loop has begun and the container was not lost since. */
  get isUp(): boolean {
    return this.#isUp && this.#lost === undefined;
  }

  /** Why nothing can run in it any more. */
  get lost(): string | undefined {
    return this.#lost;
  }

  /** Settles when the loop has begun or the container is lost. */
  whenUp(): Promise<void> {
    return this.#up;
  }

  /** One script at a time. */
  async run(run: ScriptRun): Promise<ScriptEnd> {
    if (this.#lost !== undefined) return { kind: 'lost', why: this.#lost };
    const id = `s${++this.#serial}x${Math.random().toString(36).slice(2, 10)}`;
    const path = join(this.#folder, id);
    const frame = {
      path,
      directory: run.directory,
      env: { ...run.env, OTTO_OUTPUT: `${path}.env` },
      flags: run.flags,
      capture: run.capture !== undefined,
    };
    let start: string;
    try {
      start = prologue(frame, run.script);
    } catch (error) {
      return { kind: 'invalid', why: text(error) };
    }
    const readers: FifoReader[] = [];
    try {
      createFile(`${path}.env`, '', 0o660);
      createFile(`${path}.x`, scriptBody(run.script), 0o770);
      createFile(`${path}.sh`, start, 0o660);
      readers.push(this.#outputReader(`${id}.out`, run.output));
      if (run.capture !== undefined) readers.push(this.#outputReader(`${id}.cap`, run.capture));
      const before = this.#oom;
      const answer = await this.#ask(id, run);
      for (const reader of readers) reader.drain();
      if ('lost' in answer) return { kind: 'lost', why: answer.lost };
      // 0 means that the loop did not look.
      this.#oom = Math.max(this.#oom, answer.oom);
      return {
        kind: 'exited',
        exit: shellExit(answer.code),
        oomKilled: this.#oom > before,
        outputs: readOutputFile(`${path}.env`),
        outputDeleted: !this.#pool.has(`${id}.out`),
      };
    } catch (error) {
      return {
        kind: 'lost',
        why: `the folder shared with container ${this.name} cannot be used: ${text(error)}`,
      };
    } finally {
      for (const reader of readers) reader.release();
      for (const extension of ['x', 'sh', 'env'])
        rmSync(`${path}.${extension}`, { force: true, recursive: true });
    }
  }

  close(): void {
    this.#lose(`container ${this.name} is not used any more`);
    this.#rep.close();
    closeSync(this.#cmd);
    closeSync(this.#ctl);
  }

  #outputReader(name: string, data: (chunk: Buffer) => void): FifoReader {
    this.#pool.take(name);
    const handlers = {
      data: (chunk: Buffer): void => {
        data(chunk);
        // Else a process that was left behind and writes without end hides for long that its step has ended.
        this.#rep.drain();
      },
      end: (): void => this.#pool.giveBack(name),
    };
    return new FifoReader(join(this.#folder, name), handlers, true);
  }

  #ask(id: string, run: ScriptRun): Promise<Answer> {
    return new Promise((resolve) => {
      const timers = new Set<NodeJS.Timeout>();
      const settle = (answer: Answer): void => {
        for (const timer of timers) clearTimeout(timer);
        run.signal.removeEventListener('abort', stop);
        this.#current = undefined;
        resolve(answer);
      };
      const after = (ms: number, act: () => void): void => void timers.add(setTimeout(act, ms));
      const stop = (): void => {
        this.#control('TERM');
        after(run.graceMs, () => kill(Date.now() + this.#patience.killMs));
      };
      const kill = (until: number): void => {
        this.#control('KILL');
        // Again and again: a process may be forking while it is killed.
        if (Date.now() < until) after(this.#patience.killAgainMs, () => kill(until));
        else settle({ lost: `container ${this.name} does not answer after KILL` });
      };
      const current: Current = { id, going: false, settle };
      this.#current = current;
      const since = Date.now();
      const send = (): void => {
        if (current.going) return;
        if (Date.now() - since >= this.#patience.answerMs) {
          settle({ lost: `container ${this.name} does not take the step: does its /bin/sh work?` });
          return;
        }
        // The loop runs an id once only, however often it comes.
        this.#write(this.#cmd, id);
        after(this.#patience.askAgainMs, send);
      };
      send();
      if (run.signal.aborted) stop();
      else run.signal.addEventListener('abort', stop);
    });
  }

  #control(signal: 'TERM' | 'KILL'): void {
    this.#write(this.#ctl, `${signal} -1`);
  }

  #write(fd: number, line: string): void {
    try {
      writeSync(fd, `\n${line}\n`);
    } catch {
      // Full: nobody has read for long. The time limits above tell.
    }
  }

  #onRep(rep: Rep): void {
    if (rep.kind === 'up') {
      if (this.#isUp) return;
      this.#isUp = true;
      this.#oom = rep.oom;
      this.#markUp();
      return;
    }
    const current = this.#current;
    if (current === undefined || rep.id !== current.id) return;
    current.going = true;
    if (rep.kind === 'rc') current.settle({ code: rep.code, oom: rep.oom });
  }

  #lose(why: string): void {
    this.#lost ??= why;
    this.#current?.settle({ lost: this.#lost });
    this.#markUp();
  }
}

function createFile(path: string, content: string, mode: number): void {
  const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  try {
    writeSync(fd, content);
  } finally {
    closeSync(fd);
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
