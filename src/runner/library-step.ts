/** A step of the library: a program with a manifest, called with the path of an invocation file. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Control } from './control.ts';
import { openControlSocket } from './control-socket.ts';
import { FieldError } from './fields.ts';
import type { Invocation } from './invocation.ts';
import { findProgram, type LibraryProgram } from './library.ts';
import { failed, messageOf, type Outcome, succeeded } from './outcome.ts';
import { readOutputFile } from './output-file.ts';
import { type ProgramEnd, runProgram } from './process-group.ts';
import { secretFolder } from './secrets.ts';
import type { Call, Place } from './stage-state.ts';
import { folderWithin } from './workspace.ts';

const MOST_VARIABLES = 100;

type RunBlock = (place: Place) => Promise<Outcome>;

export async function runLibraryStep(call: Call, block: RunBlock): Promise<Outcome> {
  const { step, state, place } = call;
  const tmp = mkdtempSync(join(state.tmp, 'step-'));
  const ending = place.stop.child();
  try {
    const program = await findProgram(state.library, step.symbol);
    const invocation = invocationOf(call, program, tmp);
    const path = join(tmp, 'invocation.json');
    writeFileSync(path, JSON.stringify(invocation), { mode: 0o600 });
    const conversation = new Conversation(call, block);
    const terminate = new AbortController();
    ending.signal.addEventListener('abort', () => terminate.abort());
    if (ending.signal.aborted) terminate.abort();
    const socket = await openControlSocket(invocation.configuration.ipc, (message) => {
      if (message.type === 'Terminate') terminate.abort();
      return conversation.answer(message);
    });
    try {
      const outputs = join(tmp, 'outputs');
      writeFileSync(outputs, '', { mode: 0o600 });
      const end = await start(program, path, outputs, tmp, call, terminate.signal);
      call.output.end();
      if (terminate.signal.aborted && !ending.signal.aborted) {
        return { result: 'Aborted', message: 'the step asked to be ended', outputs: {} };
      }
      return conversation.blockEnd ?? outcomeOf(end, readOutputFile(outputs).values, call);
    } finally {
      socket.close();
    }
  } catch (error) {
    return failed(messageOf(error));
  } finally {
    ending.dispose();
    rmSync(tmp, { recursive: true, force: true });
  }
}

function start(
  program: LibraryProgram,
  invocation: string,
  outputs: string,
  tmp: string,
  { env, place, output }: Call,
  signal: AbortSignal,
): Promise<ProgramEnd> {
  return runProgram(program.file, [...program.args, invocation], {
    cwd: place.directory,
    // The pipeline's PATH and HOME are those of the user's image.
    env: { ...harmless(env), PATH: process.env['PATH'] ?? '', HOME: tmp, TMPDIR: tmp, OTTO_OUTPUT: outputs },
    onStdout: (chunk) => output.write(chunk),
    onStderr: (chunk) => output.write(chunk),
    signal,
    graceMs: place.graceMs,
  });
}

/** Would load code, which lies in the workspace perhaps, into a program that has credentials. */
const LOADS_CODE = /^(LD_|NODE_|PYTHON|PERL|RUBY|GIT_|BASH_ENV$|ENV$|GCONV_PATH$)/;

function harmless(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !LOADS_CODE.test(name)));
}

function invocationOf(
  { parameters, state, step }: Call,
  { manifest }: LibraryProgram,
  tmp: string,
): Invocation {
  const { instructions } = state;
  const credentials: Record<string, string> = {};
  for (const { name, type } of manifest.parameters) {
    const secret = parameters[name];
    if (type === 'credentials' && typeof secret === 'string') {
      credentials[name] = secretFolder(instructions.credentials, secret);
    }
  }
  if (step.block !== undefined && !manifest.parameters.some(({ type }) => type === 'block')) {
    throw new Error(`the step ${step.symbol} takes no block`);
  }
  return {
    configuration: {
      pipeline: instructions.runUID,
      uuid: randomUUID(),
      ipc: join(tmp, 'control.sock'),
      endpoints: {},
      workspace: instructions.workspace,
      tmp,
      credentials,
    },
    parameters,
  };
}

/** Exit codes of a step: 0 successful, 1 failed, 2 aborted, 3 unstable. */
function outcomeOf(end: ProgramEnd, outputs: Record<string, string>, { output }: Call): Outcome {
  const { code } = end;
  const { lastLine } = output;
  if (code === 0) return { ...succeeded(outputs), exitCode: code };
  const how = end.signal === undefined ? `exit code ${code}` : `ended by ${end.signal}`;
  const message = `${how}${lastLine === '' ? '' : `: ${lastLine}`}`;
  const result = code === 2 ? 'Aborted' : code === 3 ? 'Unstable' : 'Failed';
  return { result, exitCode: code, message, outputs };
}

class Conversation {
  readonly #call: Call;
  readonly #block: RunBlock;
  /** How the step's block ended, when it did not end well: that is how the step ends. */
  blockEnd: Outcome | undefined;

  constructor(call: Call, block: RunBlock) {
    this.#call = call;
    this.#block = block;
  }

  async answer(message: Control): Promise<object> {
    const { state, step } = this.#call;
    switch (message.type) {
      case 'Terminate':
        return {};
      case 'SetPipelineStatus':
        state.judge({ result: message.status, message: `step '${step.symbol}' set the result`, outputs: {} });
        return {};
      case 'TerminatePipeline':
        state.judge({ result: 'Aborted', message: `step '${step.symbol}' ended the stage`, outputs: {} });
        return {};
      case 'CaptureVariable':
        if (!state.variables.has(message.name) && state.variables.size >= MOST_VARIABLES) {
          throw new FieldError(`a stage captures at most ${MOST_VARIABLES} variables`);
        }
        state.variables.set(message.name, message.value);
        return {};
      case 'DropVariable':
        state.variables.delete(message.name);
        return {};
      case 'RunBlock':
        return this.#run(message.directory, message.env);
    }
  }

  async #run(directory: string | undefined, env: Record<string, string>): Promise<object> {
    const { place, state, step } = this.#call;
    if (step.block === undefined) throw new FieldError('this step has no block');
    const { workspace } = state.instructions;
    const at =
      directory === undefined ? place.directory : folderWithin(workspace, place.directory, directory);
    const outcome = await this.#block({ ...place, directory: at, env: { ...place.env, ...env } });
    if (outcome.result !== 'Succeeded') this.blockEnd = outcome;
    return { result: outcome.result, ...(outcome.message === undefined ? {} : { message: outcome.message }) };
  }
}
