// kubectl against one cluster, by its own kubeconfig and context: never the user's current one.
import type { Cluster } from '../cluster/contract.ts';
import { type CommandOptions, run } from '../tools/command.ts';
import { tool } from '../tools/tools.ts';

export type Kubectl = (args: readonly string[], options?: CommandOptions) => Promise<string>;

export async function kubectlOf(cluster: Cluster): Promise<Kubectl> {
  const program = await tool('kubectl');
  const argv = [program, `--kubeconfig=${cluster.kubeconfig}`, `--context=${cluster.context}`];
  return async (args, options) => (await run([...argv, ...args], options)).stdout;
}

export async function apply(kubectl: Kubectl, manifest: object | string): Promise<void> {
  const input = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], { input });
}
