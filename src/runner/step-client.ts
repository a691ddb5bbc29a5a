/** The other side of the step contract, for steps that are written in this project. */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { type Fields, fields, parseJson, required, text } from './fields.ts';
import { messageOf } from './outcome.ts';

/** Exit codes of a step. */
export const EXIT = { successful: 0, failed: 1, aborted: 2, unstable: 3 } as const;

export interface StepCall {
  configuration: Fields;
  parameters: Fields;
  /** Sends a message to the runner. @returns its answer. @throws Error when it refuses. */
  readonly control: (message: object) => Promise<Fields>;
}

/** Reads the invocation file that the first argument names, does the step, and ends with its exit code. */
export async function main(step: (call: StepCall) => number | Promise<number>): Promise<never> {
  try {
    const [path] = process.argv.slice(2);
    if (path === undefined) throw new Error('a step is called with the path of its invocation file');
    const invocation = fields(parseJson(readFileSync(path, 'utf8')), 'the invocation');
    const configuration = fields(invocation['configuration'], 'configuration');
    return process.exit(
      await step({
        configuration,
        parameters: fields(invocation['parameters'], 'parameters'),
        control: (message) => post(required(text(configuration, 'ipc', 200), 'configuration.ipc'), message),
      }),
    );
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return process.exit(EXIT.failed);
  }
}

function post(socketPath: string, message: object): Promise<Fields> {
  const body = JSON.stringify(message);
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const sent = request({ socketPath, method: 'POST', path: '/control', headers }, (response) => {
      let answer = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        answer += chunk;
      });
      response.on('end', () => {
        if (response.statusCode === 200) resolve(fields(parseJson(answer), 'the answer'));
        else reject(new Error(`the runner refused the message: ${answer}`));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
