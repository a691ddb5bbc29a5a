// The first command: from a clean clone to a finished Run on a real cluster. `--help` says everything.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { defaultName, down, status, up } from './cluster/cluster.ts';
import type { Cluster } from './cluster/contract.ts';
import { buildOttoImage } from './image/build.ts';
import { exampleImage } from './image/examples.ts';
import { exampleImages } from './image/images.ts';
import { publishCheckout, startGitServer } from './install/git-server.ts';
import { apply, kubectlOf } from './install/kubectl.ts';
import { loadOnce } from './install/load.ts';
import { installOtto } from './install/otto.ts';
import { progress } from './install/progress.ts';
import { tool } from './tools/tools.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const pipeline = 'otto';
const help = `From a clean clone to a finished Run on a real cluster.

usage: npm run run [-- COMMAND]

  up       the default: a local cluster, Otto installed by its chart, a git server with this project's history,
           the Pipeline examples/otto and a Run of it, followed to its end. Fine to repeat.
  status   what runs
  down     remove the cluster and all that is in it: processes, mounts, network, files
           (built tools and images stay in the cache, so that the next start takes seconds)

  --name NAME      which cluster (default: ${defaultName})
  --context NAME   a cluster of your own, by the name of its context; nodes must be able to get the images`;

async function firstRun(name: string, context: string | undefined): Promise<number> {
  const log = progress();
  // Tools are built by one process after the other: side by side they would only share the same cores.
  const cluster = await up({ name, log, ...(context === undefined ? {} : { context }) });
  await tool('helm', { log });
  const image = await buildOttoImage({ log });
  await installOtto(cluster, { image, log });
  log('starting a git server in the cluster, and publishing the history of this checkout in it');
  await startGitServer(cluster, { log });
  await publishCheckout(cluster, root, 'otto');
  for (const example of ['node', 'busybox'] as const) {
    const built = await exampleImage(example, log);
    log(`loading ${exampleImages[example].standsInFor[0]}`);
    await loadOnce(cluster, built.archive, exampleImages[example].standsInFor);
  }
  const kubectl = await kubectlOf(cluster);
  log(`applying the Pipeline ${pipeline}`);
  await apply(
    kubectl,
    await kubectl([
      'create',
      '--dry-run=client',
      '-o',
      'yaml',
      '-f',
      join(root, 'examples/otto/pipeline.yaml'),
    ]),
  );
  log(`otto start ${pipeline} --follow`);
  const code = await otto(cluster, ['start', pipeline, '--follow']);
  await otto(cluster, ['describe']);
  console.log(`\n${nextSteps(cluster)}`);
  return code;
}

function otto(cluster: Cluster, args: readonly string[]): Promise<number> {
  const argv = [join(root, 'src/cli/main.ts'), ...args, '--context', cluster.context];
  const child = spawn(process.execPath, ['--no-warnings', ...argv], {
    stdio: 'inherit',
    env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

function nextSteps(cluster: Cluster): string {
  return `The cluster runs on. To look around:

  export KUBECONFIG=${cluster.kubeconfig}
  kubectl get runs
  node hack/bootstrap.mjs src/cli/main.ts logs     the log of the newest Run
  node hack/bootstrap.mjs src/cli/main.ts start ${pipeline} --follow
  npm run run -- status
  npm run run -- down                              stops and removes all of it`;
}

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      name: { type: 'string', default: defaultName },
      context: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) {
    console.log(help);
    return 0;
  }
  const { name, context } = values;
  switch (positionals[0] ?? 'up') {
    case 'up':
      return await firstRun(name, context);
    case 'status': {
      const found = await status(name);
      const text = found === undefined ? 'no such cluster' : found.healthy ? 'healthy' : 'not healthy';
      console.log(`${name}: ${text}${found === undefined ? '' : `\n  ${found.details.join('\n  ')}`}`);
      return found?.healthy === true ? 0 : 1;
    }
    case 'down':
      await down(name);
      console.log(`${name}: gone`);
      return 0;
    default:
      console.error(`no command is called ${positionals[0]}\n\n${help}`);
      return 64;
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`otto: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
