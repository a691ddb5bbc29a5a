/** The step `sh`: a script in the user's container. */
import { describeExit } from './exit-code.ts';
import { failed, lost, messageOf, type Outcome, succeeded } from './outcome.ts';
import type { Call } from './stage-state.ts';

/** As GitHub's and Jenkins' shells: each command is shown, the first that fails ends the script. */
const FLAGS = '-xe';
const LONGEST_STDOUT = 1024 * 1024;

export async function runScript(call: Call): Promise<Outcome> {
  const { step, parameters, env, place, output, state } = call;
  const { script, returnStatus, returnStdout, encoding } = parameters;
  if (typeof script !== 'string') return failed('sh has no script');
  const found = await state.containers.ready(step.container, place.stop.signal);
  if ('lost' in found) return lost(found.lost);
  const stdout = returnStdout === true ? new Stdout() : undefined;
  const end = await found.container.run({
    script,
    flags: FLAGS,
    directory: place.directory,
    env,
    output: (chunk) => output.write(chunk),
    ...(stdout === undefined ? {} : { capture: (chunk: Buffer) => stdout.add(chunk) }),
    signal: place.stop.signal,
    graceMs: place.graceMs,
  });
  // Before the last line is asked for.
  output.end();
  if (end.kind === 'lost') return lost(end.why);
  if (end.kind === 'invalid') return failed(end.why);
  for (const problem of end.outputs.problems) state.log.note(state.progress.mask(problem));
  if (end.outputDeleted) state.log.note('the script deleted the FIFO of its output: some may be missing');
  const outputs = { ...end.outputs.values };
  if (returnStatus === true) outputs['status'] = String(end.exit.code);
  if (stdout !== undefined) {
    if (stdout.isTooLong) {
      return {
        ...failed(`the standard output is longer than ${LONGEST_STDOUT} bytes: write it to a file`),
        outputs,
      };
    }
    try {
      outputs['stdout'] = stdout.text(typeof encoding === 'string' ? encoding : 'utf-8');
    } catch (error) {
      return failed(messageOf(error));
    }
  }
  const { code } = end.exit;
  if (code === 0 || returnStatus === true) return { ...succeeded(outputs), exitCode: code };
  if (end.oomKilled) {
    const limit = state.instructions.memoryLimits?.[found.container.name];
    const message = `container ${found.container.name} ran out of memory${limit === undefined ? '' : ` (limit ${limit})`}: ${describeExit(end.exit)}`;
    return { result: 'Failed', reason: 'OOMKilled', exitCode: code, message, outputs };
  }
  const { lastLine } = output;
  const message = `${describeExit(end.exit)}${lastLine === '' ? '' : `: ${lastLine}`}`;
  return { result: 'Failed', exitCode: code, message, outputs };
}

class Stdout {
  readonly #chunks: Buffer[] = [];
  #length = 0;

  get isTooLong(): boolean {
    return this.#length > LONGEST_STDOUT;
  }

  add(chunk: Buffer): void {
    this.#length += chunk.length;
    if (!this.isTooLong) this.#chunks.push(chunk);
  }

  /** Without the newlines at its end, as `$(…)` gives it. */
  text(encoding: string): string {
    return new TextDecoder(encoding).decode(Buffer.concat(this.#chunks)).replace(/[\r\n]+$/, '');
  }
}
