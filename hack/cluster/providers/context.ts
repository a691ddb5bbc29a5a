// A cluster that the user has and names: nothing of it is started or stopped here.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, succeeds } from '../../tools/command.ts';
import { tool } from '../../tools/tools.ts';
import { clusterFolder } from '../built/layout.ts';
import type { Cluster, Provider } from '../contract.ts';
import { register, registration, unregister } from '../registry.ts';

export const context: Provider = {
  async unavailable() {
    return undefined;
  },

  async up({ name, context: wanted, log }) {
    if (wanted === undefined)
      throw new Error('the provider `context` needs the name of a context: --context NAME');
    const kubectl = await tool('kubectl', { log });
    // A copy of that one context: commands of the user that change the current one cannot redirect a test.
    const { stdout } = await run([kubectl, 'config', 'view', '--minify', '--flatten', `--context=${wanted}`]);
    await register(name, { provider: 'context', context: wanted });
    await writeFile(kubeconfigOf(name), stdout, { mode: 0o600 });
    await run([
      kubectl,
      `--kubeconfig=${kubeconfigOf(name)}`,
      `--context=${wanted}`,
      'get',
      '--raw=/readyz',
      '--request-timeout=10s',
    ]);
    return toCluster(name, wanted);
  },

  async down(name) {
    await unregister(name);
  },

  async open(name) {
    return toCluster(name, contextOf(name));
  },

  async status(name) {
    const kubectl = await tool('kubectl');
    const argv = [
      kubectl,
      `--kubeconfig=${kubeconfigOf(name)}`,
      `--context=${contextOf(name)}`,
      'get',
      '--raw=/readyz',
      '--request-timeout=5s',
    ];
    return {
      name,
      provider: 'context',
      healthy: await succeeds(argv),
      details: [`context: ${contextOf(name)}`],
    };
  },
};

function kubeconfigOf(name: string): string {
  return join(clusterFolder(name), 'kubeconfig');
}

function contextOf(name: string): string {
  const known = registration(name)?.context;
  if (known === undefined) throw new Error(`there is no cluster ${name}: name one with \`up --context\``);
  return known;
}

function toCluster(name: string, known: string): Cluster {
  const noImages = async (): Promise<never> => {
    throw new Error(
      `images cannot be loaded into the cluster behind the context ${known}: push them to a registry it can pull from`,
    );
  };
  return {
    name,
    provider: 'context',
    kubeconfig: kubeconfigOf(name),
    context: known,
    loadImage: noImages,
    // Unknown, and so not there: whoever needs it says how to bring it.
    hasImage: async () => false,
  };
}
