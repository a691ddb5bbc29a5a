// A git server in the cluster, at http://git.git/, and repositories in it.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '../cluster/contract.ts';
import { exampleImage } from '../image/examples.ts';
import { run } from '../tools/command.ts';
import type { Log } from '../tools/go-build.ts';
import { apply, type Kubectl, kubectlOf } from './kubectl.ts';
import { loadOnce } from './load.ts';

export const gitNamespace = 'git';
/** Of this local server, whose repositories are public but for those below private/. */
export const gitLogin = { username: 'otto', password: 'change-me' } as const;
const keysSecret = 'authorized-keys';
const READY_MS = 60_000;

export interface GitServerOptions {
  readonly log: Log;
  /** Public keys that may come in by ssh. Those of an earlier start stay where none are given. */
  readonly authorizedKeys?: string;
}

export async function startGitServer(cluster: Cluster, options: GitServerOptions): Promise<void> {
  const image = await exampleImage('git-server', options.log);
  await loadOnce(cluster, image.archive, [image.ref]);
  const kubectl = await kubectlOf(cluster);
  const [namespace, ...rest] = objects(image.ref, image.digest ?? '');
  if (namespace !== undefined) await apply(kubectl, namespace);
  const changed = await authorize(kubectl, options.authorizedKeys);
  for (const object of rest) await apply(kubectl, object);
  // The repositories go with the pod, so it is only restarted when it must read other keys.
  if (changed) await kubectl(['-n', gitNamespace, 'rollout', 'restart', 'deployment/git']);
  await kubectl(
    ['-n', gitNamespace, 'rollout', 'status', 'deployment/git', `--timeout=${READY_MS / 1000}s`],
    {
      timeout: READY_MS + 10_000,
    },
  );
}

/** @returns whether a server that runs does not know them yet. */
async function authorize(kubectl: Kubectl, keys: string | undefined): Promise<boolean> {
  if (keys === undefined) return false;
  const read = ['-n', gitNamespace, 'get', 'secret', keysSecret, '-o', `jsonpath={.data.${keysSecret}}`];
  const before = await kubectl(read).catch(() => '');
  if (before === Buffer.from(keys).toString('base64')) return false;
  const metadata = { name: keysSecret, namespace: gitNamespace };
  const stringData = { [keysSecret]: keys };
  await apply(kubectl, { apiVersion: 'v1', kind: 'Secret', metadata, stringData });
  const deployment = ['-n', gitNamespace, 'get', 'deployment', 'git', '--ignore-not-found', '-o', 'name'];
  return (await kubectl(deployment)) !== '';
}

function objects(image: string, digest: string): object[] {
  const labels = { app: 'git' };
  const namespaced = (name: string): object => ({ name, namespace: gitNamespace, labels });
  const env = [
    { name: 'GIT_USER', value: gitLogin.username },
    { name: 'GIT_PASSWORD', value: gitLogin.password },
    { name: 'GIT_ANONYMOUS', value: '*' },
    {
      name: 'GIT_AUTHORIZED_KEYS',
      valueFrom: { secretKeyRef: { name: keysSecret, key: keysSecret, optional: true } },
    },
  ];
  const container = {
    name: 'git',
    image,
    imagePullPolicy: 'Never',
    env,
    ports: [{ containerPort: 8080 }, { containerPort: 2222 }],
    readinessProbe: { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 1 },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    volumeMounts: [{ name: 'repositories', mountPath: '/srv/git' }],
  };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: gitNamespace } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: namespaced('git'),
      spec: {
        replicas: 1,
        strategy: { type: 'Recreate' },
        selector: { matchLabels: labels },
        template: {
          metadata: { labels, annotations: { 'otto-hack/image': digest } },
          spec: {
            automountServiceAccountToken: false,
            terminationGracePeriodSeconds: 2,
            securityContext: {
              runAsNonRoot: true,
              runAsUser: 1000,
              fsGroup: 1000,
              seccompProfile: { type: 'RuntimeDefault' },
            },
            containers: [container],
            volumes: [{ name: 'repositories', emptyDir: {} }],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: namespaced('git'),
      spec: {
        selector: labels,
        ports: [
          { name: 'http', port: 80, targetPort: 8080 },
          { name: 'ssh', port: 22, targetPort: 2222 },
        ],
      },
    },
  ];
}

/** Makes the server's branch `main` of the repository what HEAD of the checkout is, history included. */
export async function publishCheckout(cluster: Cluster, checkout: string, repository: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'otto-publish-'));
  try {
    const bundle = join(folder, 'bundle');
    const git = async (...args: string[]): Promise<string> =>
      (await run(['git', '-c', 'safe.directory=*', '-C', checkout, ...args])).stdout.trim();
    const shallow = (await git('rev-parse', '--is-shallow-repository')) === 'true';
    // A bundle of a shallow clone has commits missing that nobody could supply: then one commit stands for all.
    const author = ['-c', 'user.name=otto', '-c', 'user.email=otto@localhost'];
    const tip = shallow
      ? await git(...author, 'commit-tree', '-m', 'The checkout, without its history', 'HEAD^{tree}')
      : 'HEAD';
    // A bundle is of references: this one is the process's own, and goes again.
    const ref = `refs/otto/publish-${process.pid}`;
    await git('update-ref', ref, tip);
    try {
      await git('bundle', 'create', '--quiet', bundle, ref);
    } finally {
      await git('update-ref', '-d', ref);
    }
    await publishBundle(await kubectlOf(cluster), bundle, ref, repository);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The content of a folder as a repository of one commit. */
export async function publishFolder(cluster: Cluster, source: string, repository: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'otto-publish-'));
  try {
    const git = async (...args: string[]): Promise<void> => {
      await run(['git', '-C', folder, '-c', 'user.name=otto', '-c', 'user.email=otto@localhost', ...args]);
    };
    await git('init', '--quiet', '--initial-branch=main');
    await git('--work-tree', source, 'add', '--all');
    await git('commit', '--quiet', '--message', `The example ${repository}`);
    await git('bundle', 'create', '--quiet', join(folder, 'bundle'), 'refs/heads/main');
    await publishBundle(await kubectlOf(cluster), join(folder, 'bundle'), 'refs/heads/main', repository);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function publishBundle(
  kubectl: Kubectl,
  bundle: string,
  ref: string,
  repository: string,
): Promise<void> {
  const path = `/srv/git/${repository}.git`;
  const script = [
    // Others may publish at the same time.
    'bundle=/tmp/bundle-$$',
    'cat >"$bundle"',
    `{ [ -d ${path} ] || git init --quiet --bare --initial-branch=main ${path}; }`,
    `git -C ${path} fetch --quiet --force "$bundle" ${ref}:refs/heads/main`,
    'rm "$bundle"',
  ].join(' && ');
  const input = await readFile(bundle);
  await kubectl(['-n', gitNamespace, 'exec', '-i', 'deployment/git', '--', 'sh', '-c', script], { input });
}
