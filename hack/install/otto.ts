// Otto into a cluster: its image, and its chart by helm, as users install it.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cluster } from '../cluster/contract.ts';
import type { BuiltImage } from '../image/build.ts';
import { run } from '../tools/command.ts';
import type { Log } from '../tools/go-build.ts';
import { tool } from '../tools/tools.ts';
import { kubectlOf } from './kubectl.ts';
import { loadOnce } from './load.ts';

const chart = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'charts', 'otto');

export const operatorNamespace = 'otto';
export const release = 'otto';
const READY_MS = 90_000;

export interface InstallOptions {
  readonly image: BuiltImage;
  readonly log: Log;
  /** `--set` of helm. */
  readonly values?: readonly string[];
}

/** Installs or upgrades, and returns when the operator is ready. */
export async function installOtto(
  cluster: Cluster,
  { image, log, values = [] }: InstallOptions,
): Promise<void> {
  log(`loading ${image.ref}`);
  await loadOnce(cluster, image.archive, [image.ref]);
  const at = image.ref.lastIndexOf(':');
  const settings = [
    `image.repository=${image.ref.slice(0, at)}`,
    `image.tag=${image.ref.slice(at + 1)}`,
    'image.pullPolicy=Never',
    ...values,
  ];
  log('helm upgrade --install otto charts/otto');
  await helm(cluster, [
    'upgrade',
    '--install',
    release,
    chart,
    `--namespace=${operatorNamespace}`,
    '--create-namespace',
    // CRDs that a test has applied by hand become the release's.
    '--take-ownership',
    ...settings.flatMap((value) => ['--set', value]),
  ]);
  const kubectl = await kubectlOf(cluster);
  try {
    await kubectl(
      [
        '-n',
        operatorNamespace,
        'rollout',
        'status',
        `deployment/${release}`,
        `--timeout=${READY_MS / 1000}s`,
      ],
      { timeout: READY_MS + 10_000 },
    );
  } catch (error) {
    const selector = `app.kubernetes.io/instance=${release}`;
    const pods = await kubectl(['-n', operatorNamespace, 'describe', 'pods', '-l', selector]);
    const logs = await kubectl(['-n', operatorNamespace, 'logs', '-l', selector, '--tail=20']).catch(
      () => '',
    );
    throw new Error(`the operator does not get ready:\n${pods.slice(-3000)}\n${logs}`, { cause: error });
  }
}

export async function helm(cluster: Cluster, args: readonly string[]): Promise<string> {
  const program = await tool('helm');
  const where = [`--kubeconfig=${cluster.kubeconfig}`, `--kube-context=${cluster.context}`];
  return (await run([program, ...args, ...where], { timeout: 180_000 })).stdout;
}
