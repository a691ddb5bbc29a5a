/**
 * What the tests of Runs need of the cluster, once before all of them (`mocha --config e2e/runs.mocharc.json`):
 * Otto as this checkout has it, images, and a git server that one may come to by ssh.
 */
import { open, registeredNames } from '../hack/cluster/cluster.ts';
import type { Cluster } from '../hack/cluster/contract.ts';
import { buildOttoImage } from '../hack/image/build.ts';
import { exampleImage } from '../hack/image/examples.ts';
import { type ExampleName, exampleImages } from '../hack/image/images.ts';
import { startGitServer } from '../hack/install/git-server.ts';
import { apply, kubectlOf } from '../hack/install/kubectl.ts';
import { loadOnce } from '../hack/install/load.ts';
import { operatorNamespace, release } from '../hack/install/otto.ts';
import { progress } from '../hack/install/progress.ts';
import type { Log } from '../hack/tools/go-build.ts';
import { tool } from '../hack/tools/tools.ts';
import { KEY_NAMESPACE, KEY_SECRET, makeKeyPair } from './ssh-key.ts';

const IMAGES: readonly ExampleName[] = [
  'busybox',
  'dash',
  'bash',
  'nonroot',
  'noshell',
  'node',
  'python',
  'golang',
  'postgres',
  'redis',
];
/** Set to run the tests against whatever Otto the cluster has. */
const ANY_IMAGE = 'OTTO_E2E_ANY_IMAGE';

export async function mochaGlobalSetup(): Promise<void> {
  const log = progress();
  const cluster = await clusterUnderTest();
  await checkImage(cluster, log);
  for (const name of IMAGES) {
    const image = await exampleImage(name, log);
    await loadOnce(cluster, image.archive, [image.ref, ...exampleImages[name].standsInFor]);
  }
  await tool('kstatus', { log });
  await startGitServer(cluster, { log, authorizedKeys: await sshKey(cluster) });
}

/** The one of the clusters here that `OTTO_E2E_KUBECONFIG` is for. */
export async function clusterUnderTest(): Promise<Cluster> {
  const kubeconfig = process.env['OTTO_E2E_KUBECONFIG'] ?? '';
  for (const name of registeredNames()) {
    const cluster = await open(name).catch(() => undefined);
    if (cluster?.kubeconfig === kubeconfig) return cluster;
  }
  throw new Error(
    `OTTO_E2E_KUBECONFIG (${kubeconfig}) is of no cluster here: give what \`node hack/bootstrap.mjs hack/cluster/main.ts kubeconfig\` prints`,
  );
}

async function checkImage(cluster: Cluster, log: Log): Promise<void> {
  const kubectl = await kubectlOf(cluster);
  const image = 'jsonpath={.spec.template.spec.containers[0].image}';
  const deployment = ['-n', operatorNamespace, 'get', 'deployment', release, '-o', image];
  const installed = await kubectl(deployment).catch(() => 'nothing');
  if (process.env[ANY_IMAGE] !== undefined && installed !== 'nothing') return;
  const { ref } = await buildOttoImage({ log });
  if (installed === ref) return;
  throw new Error(
    `the cluster has ${installed} installed and this checkout is ${ref}: run \`npm run run\` first, or set ${ANY_IMAGE}=1`,
  );
}

/** @returns the public key; the private one is kept in the cluster, so that a later run of the tests finds the server as it is. */
async function sshKey(cluster: Cluster): Promise<string> {
  const kubectl = await kubectlOf(cluster);
  const read = ['-n', KEY_NAMESPACE, 'get', 'secret', KEY_SECRET, '-o', 'jsonpath={.data.public}'];
  const known = await kubectl(read).catch(() => '');
  if (known !== '') return Buffer.from(known, 'base64').toString('utf8');
  const pair = makeKeyPair();
  const metadata = { name: KEY_SECRET, namespace: KEY_NAMESPACE };
  await apply(kubectl, { apiVersion: 'v1', kind: 'Secret', metadata, stringData: pair });
  return pair.public;
}
