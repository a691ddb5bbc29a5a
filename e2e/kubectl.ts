/** The user's own tool against the cluster under test: `OTTO_E2E_KUBECONFIG` says which. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { tool } from '../hack/tools/tools.ts';

export interface Answer {
  code: number;
  stdout: string;
  stderr: string;
}

export type Kubectl = (
  args: readonly string[],
  input?: object | readonly object[] | string,
) => Promise<Answer>;

/** @param input for `-f -`: text as it is, objects as JSON. */
export async function connect(namespace?: string): Promise<Kubectl> {
  const kubeconfig = process.env['OTTO_E2E_KUBECONFIG'];
  if (kubeconfig === undefined || kubeconfig === '') {
    throw new Error('OTTO_E2E_KUBECONFIG is not set: give the path of a kubeconfig of a cluster for tests');
  }
  const kubectl = await tool('kubectl');
  const scope = namespace === undefined ? [] : ['--namespace', namespace];
  return (args, input) => execute(kubectl, ['--kubeconfig', kubeconfig, ...scope, ...args], inputText(input));
}

/** One of its own for each test file, so that files run beside each other on one cluster. */
export function namespaceFor(test: string): string {
  return `e2e-${test}-${randomBytes(3).toString('hex')}`;
}

export function execute(command: string, args: readonly string[], input = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args);
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
    // A program may end without reading its input; its exit code says enough.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

function inputText(input: object | readonly object[] | string | undefined): string {
  if (typeof input === 'string') return input;
  if (input === undefined) return '';
  const list: readonly unknown[] = Array.isArray(input) ? input : [input];
  return list.map((object) => JSON.stringify(object)).join('\n---\n');
}
