/** A stage's runner as a process of its own, with user containers in process namespaces. Needs root. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '../api/pipeline.ts';
import { INSTRUCTIONS_CHUNK_BYTES, INSTRUCTIONS_VARIABLE, NODE_FLAGS } from '../runner/pod-contract.ts';
import type { Instructions, StageReport, StepInstruction } from '../runner/protocol.ts';
import { decodeTermination } from '../runner/report-parser.ts';
import { LoopContainer } from './loop-container.ts';

type Modifiers = Partial<Omit<StepInstruction, 'symbol' | 'parameters' | 'block'>>;

export function aStep(
  symbol: string,
  parameters: { [name: string]: Json },
  more: Modifiers = {},
): StepInstruction {
  const backoff = { initialSeconds: 0.01, factor: 1, maxSeconds: 1 };
  const retries = { limit: 0, backoff };
  return { symbol, name: symbol, parameters, env: {}, continueOnError: false, retries, ...more };
}

export function sh(script: string, more: Modifiers = {}): StepInstruction {
  return aStep('sh', { script }, more);
}

export function aBlock(
  symbol: string,
  block: StepInstruction[],
  parameters: { [name: string]: Json } = {},
  more: Modifiers = {},
): StepInstruction {
  return { ...aStep(symbol, parameters, more), block };
}

export interface StageEnded {
  code: number | null;
  signal: NodeJS.Signals | null;
  log: string;
  /** As the operator reads it. */
  report: StageReport | undefined;
  /** As written. */
  termination: string;
}

export class RunnerStage {
  readonly root: string = mkdtempSync(join(tmpdir(), 'otto-stage-'));
  readonly workspace: string = join(this.root, 'workspace');
  readonly credentials: string = join(this.root, 'credentials');
  readonly loops: Map<string, LoopContainer> = new Map();
  readonly #termination: string = join(this.root, 'termination');
  #process: ChildProcess | undefined;
  #log = '';
  #watchers: (() => void)[] = [];

  constructor(containers: Readonly<Record<string, string>> = { main: 'dash' }) {
    for (const folder of ['workspace', 'credentials', 'home', 'io', 'tmp'])
      mkdirSync(join(this.root, folder));
    for (const [name, shell] of Object.entries(containers)) {
      const loop = new LoopContainer(shell, name, join(this.root, 'io'));
      this.loops.set(name, loop);
    }
  }

  /** The runner's main module; a benchmark takes the compiled one. */
  program: string = join(import.meta.dirname, '../runner/main.ts');

  /** Further variables of the runner itself. */
  readonly env: Record<string, string> = {};

  get log(): string {
    return this.#log;
  }

  secret(name: string, files: Readonly<Record<string, string>>): void {
    mkdirSync(join(this.credentials, name), { recursive: true });
    for (const [file, value] of Object.entries(files)) {
      writeFileSync(join(this.credentials, name, file), value, { mode: 0o440 });
    }
  }

  instructions(given: Partial<Instructions>): Instructions {
    return {
      version: 1,
      namespace: 'default',
      run: 'a-run',
      runUID: 'uid',
      pipeline: 'a-pipeline',
      stage: 'build',
      attempt: 1,
      workspace: this.workspace,
      io: join(this.root, 'io'),
      credentials: this.credentials,
      home: join(this.root, 'home'),
      graceSeconds: 1,
      postSeconds: 10,
      env: {},
      containers: [...this.loops.keys()],
      steps: [],
      post: { always: [], success: [], failure: [] },
      outputs: {},
      scope: {
        params: {},
        source: { url: '', branch: '', tag: '', revision: '', author: '', message: '', changedPaths: [] },
        run: { name: 'a-run', namespace: 'default', uid: 'uid', result: '' },
        pipeline: { name: 'a-pipeline' },
        stages: {},
      },
      limits: { logBytes: 1 << 20, outputsBytes: 2048 },
      ...given,
    };
  }

  async run(given: Partial<Instructions>): Promise<StageEnded> {
    return this.start(given).ended;
  }

  /** @param given what differs from an empty stage; text is taken as the variable's whole value. */
  start(given: Partial<Instructions> | string): { process: ChildProcess; ended: Promise<StageEnded> } {
    const body = typeof given === 'string' ? given : JSON.stringify(this.instructions(given));
    writeFileSync(this.#termination, '');
    const child = spawn(process.execPath, [...NODE_FLAGS, this.program], {
      env: {
        PATH: process.env['PATH'],
        TMPDIR: join(this.root, 'tmp'),
        OTTO_TERMINATION_FILE: this.#termination,
        ...this.env,
        ...instructionVariables(body),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#log += chunk.toString('utf8');
        for (const watch of this.#watchers) watch();
      });
    }
    const ended = new Promise<StageEnded>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => {
        const termination = readFileSync(this.#termination, 'utf8');
        resolve({ code, signal, log: this.#log, report: decodeTermination(termination), termination });
      });
    });
    return { process: child, ended };
  }

  /** Resolves once the log matches. */
  seen(pattern: RegExp): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!pattern.test(this.#log)) return;
        this.#watchers = this.#watchers.filter((watch) => watch !== look);
        resolve();
      };
      this.#watchers.push(look);
      look();
    });
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGKILL');
      await gone;
    }
    for (const loop of this.loops.values()) await loop.stop();
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Only for text of one byte a character, as tests have it. */
function instructionVariables(body: string): Record<string, string> {
  const variables: Record<string, string> = {};
  for (let at = 0; at < body.length; at += INSTRUCTIONS_CHUNK_BYTES) {
    const name = `${INSTRUCTIONS_VARIABLE}${at / INSTRUCTIONS_CHUNK_BYTES}`;
    variables[name] = body.slice(at, at + INSTRUCTIONS_CHUNK_BYTES);
  }
  return variables;
}

/** The text of the log without times. */
export function said(log: string): string[] {
  return log
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^\S+ /, ''));
}

export function stepResults({ report }: StageEnded): string[] {
  return (report?.steps ?? []).map((step) => `${step.name} ${step.result}`);
}
