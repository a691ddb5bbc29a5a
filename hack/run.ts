// The first command: from a clean clone to a finished Run on a real cluster. `--help` says everything.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { defaultName, down, status, up } from './cluster/cluster.ts';
import type { Cluster } from './cluster/contract.ts';
import { buildOttoImage } from './image/build.ts';
import { exampleImage } from './image/examples.ts';
import { type ExampleName, exampleImages } from './image/images.ts';
import { publishCheckout, startGitServer } from './install/git-server.ts';
import { kubectlOf } from './install/kubectl.ts';
import { loadOnce } from './install/load.ts';
import { installOtto } from './install/otto.ts';
import { progress } from './install/progress.ts';
import type { Log } from './tools/go-build.ts';
import { tool } from './tools/tools.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const pipeline = 'otto';
/** In which the Pipeline's stages run. */
const examples: readonly ExampleName[] = ['node', 'busybox'];
const images: readonly ExampleName[] = ['git-server', ...examples];
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
  // Side by side: what downloads and unpacks has the time in which Go compiles, at a low priority, on all cores.
  const [cluster, image] = await Promise.all([
    up({ name, log, ...(context === undefined ? {} : { context }) }),
    buildOttoImage({ log }),
    tool('helm', { log }),
    ...images.map((example) => exampleImage(example, log)),
  ]);
  await Promise.all([
    installOtto(cluster, { image, log }),
    startRepository(cluster, log),
    ...examples.map((example) => loadExample(cluster, example, log)),
  ]);
  const kubectl = await kubectlOf(cluster);
  log(`applying the Pipeline ${pipeline}`);
  const file = join(root, 'examples/otto/pipeline.yaml');
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', file]);
  log(`otto start ${pipeline} --follow`);
  const code = await otto(cluster, ['start', pipeline, '--follow']);
  await otto(cluster, ['describe']);
  console.log(`\n${nextSteps(cluster)}`);
  return code;
}

async function startRepository(cluster: Cluster, log: Log): Promise<void> {
  await startGitServer(cluster, { log });
  log('publishing the history of this checkout at http://git.git/otto.git of the cluster');
  await publishCheckout(cluster, root, 'otto');
}

async function loadExample(cluster: Cluster, example: ExampleName, log: Log): Promise<void> {
  const { archive } = await exampleImage(example, log);
  log(`loading ${exampleImages[example].standsInFor[0]}`);
  await loadOnce(cluster, archive, exampleImages[example].standsInFor);
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
  const which = cluster.name === defaultName ? '' : ` --name ${cluster.name}`;
  return `The cluster runs on. To look around:

  export KUBECONFIG=${cluster.kubeconfig}
  kubectl get runs
  npm run -s otto -- logs                          the log of the newest Run
  npm run -s otto -- start ${pipeline} --follow
  npm run run -- status${which}
  npm run run -- down${which}                              stops and removes all of it`;
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
  // What was going on beside it would only end minutes later.
  process.exit(1);
}
