// Runs a program to its end, with a time limit, and fails with its last words.
import { type ChildProcess, spawn } from 'node:child_process';

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  /** Milliseconds; the program is killed then. Default: one minute. */
  readonly timeout?: number;
}

export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** A program could not start, was killed, or ended with a code other than 0. */
export class CommandFailed extends Error {
  readonly code: number | undefined;
  readonly stderr: string;

  constructor(argv: readonly string[], reason: string, code: number | undefined, stderr: string) {
    const lastWords = stderr.trim().split('\n').slice(-12).join('\n');
    super(`\`${argv.join(' ')}\` ${reason}${lastWords === '' ? '' : `:\n${lastWords}`}`);
    this.name = 'CommandFailed';
    this.code = code;
    this.stderr = stderr;
  }
}

/** Those that run; none outlives this process, however it ends. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

const outputLimit = 32 * 1024 * 1024;

export async function run(argv: readonly string[], options: CommandOptions = {}): Promise<CommandOutput> {
  const [program, ...args] = argv;
  if (program === undefined) throw new Error('run: the command is empty');
  const timeout = options.timeout ?? 60_000;
  return await new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout,
      killSignal: 'SIGKILL',
    });
    running.add(child);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < outputLimit) stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < outputLimit) stderr += text;
    });
    child.on('error', (error) =>
      reject(new CommandFailed(argv, `did not start (${error.message})`, undefined, '')),
    );
    child.on('close', (code, signal) => {
      running.delete(child);
      if (code === 0) resolve({ stdout, stderr });
      else if (signal !== null)
        reject(new CommandFailed(argv, `was ended by ${signal} (limit ${timeout} ms)`, undefined, stderr));
      else reject(new CommandFailed(argv, `ended with code ${code}`, code ?? undefined, stderr));
    });
    // A program may end without reading its input; its exit code says enough.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

/** The same, where failing is one of the expected answers. */
export async function succeeds(argv: readonly string[], options: CommandOptions = {}): Promise<boolean> {
  try {
    await run(argv, options);
    return true;
  } catch (error) {
    if (error instanceof CommandFailed) return false;
    throw error;
  }
}
