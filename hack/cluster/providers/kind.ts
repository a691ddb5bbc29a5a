// A cluster of kind in Docker or Podman. Its node image comes from a registry, so this path can only run where
// one can be reached.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, succeeds } from '../../tools/command.ts';
import { onPath } from '../../tools/path.ts';
import { tool } from '../../tools/tools.ts';
import { fullReference } from '../built/images.ts';
import { clusterFolder } from '../built/layout.ts';
import type { Cluster, Provider } from '../contract.ts';
import { register, unregister } from '../registry.ts';

export type Engine = 'docker' | 'podman';

export const kind: Provider = {
  async unavailable() {
    return (await findEngine()) === undefined ? 'no Docker or Podman engine answers' : undefined;
  },

  async up({ name, log }) {
    const engine = await theEngine();
    const program = await tool('kind', { log });
    const env = engineEnvironment(engine);
    const { stdout } = await run([program, 'get', 'clusters', '--quiet'], { env });
    await register(name, { provider: 'kind' });
    await mkdir(clusterFolder(name), { recursive: true });
    if (stdout.split('\n').includes(kindName(name))) {
      await run(exportCommand(program, name), { env });
    } else {
      log(`creating a kind cluster in ${engine} (this pulls its node image the first time)`);
      await run(createCommand(program, name), { env, timeout: 600_000 });
    }
    return toCluster(name, engine, program);
  },

  async down(name) {
    const engine = await theEngine();
    await run(deleteCommand(await tool('kind'), name), { env: engineEnvironment(engine), timeout: 120_000 });
    await unregister(name);
  },

  async open(name) {
    return toCluster(name, await theEngine(), await tool('kind'));
  },

  async status(name) {
    const kubectl = await tool('kubectl');
    const argv = [
      kubectl,
      `--kubeconfig=${kubeconfigOf(name)}`,
      'get',
      '--raw=/readyz',
      '--request-timeout=5s',
    ];
    return {
      name,
      provider: 'kind',
      healthy: await succeeds(argv),
      details: [`kind cluster: ${kindName(name)}`],
    };
  },
};

/** The engine that answers: a client without an engine behind it is common, so the engine is asked, not PATH. */
export async function findEngine(
  answersTo: (argv: readonly string[]) => Promise<boolean> = async (argv) =>
    onPath(argv[0] ?? '') !== undefined && (await succeeds(argv, { timeout: 10_000 })),
): Promise<Engine | undefined> {
  if (await answersTo(['docker', 'info', '--format', '{{.ServerVersion}}'])) return 'docker';
  if (await answersTo(['podman', 'info', '--format', '{{.Version.Version}}'])) return 'podman';
  return undefined;
}

async function theEngine(): Promise<Engine> {
  const engine = await findEngine();
  if (engine === undefined)
    throw new Error('no Docker or Podman engine answers: start one, or use --provider built');
  return engine;
}

export function engineEnvironment(engine: Engine): Readonly<Record<string, string>> {
  return { KIND_EXPERIMENTAL_PROVIDER: engine };
}

export function kindName(name: string): string {
  return name === 'otto' ? 'otto' : `otto-${name}`;
}

function kubeconfigOf(name: string): string {
  return join(clusterFolder(name), 'kubeconfig');
}

export function createCommand(program: string, name: string): readonly string[] {
  return [
    program,
    'create',
    'cluster',
    '--name',
    kindName(name),
    '--kubeconfig',
    kubeconfigOf(name),
    '--wait',
    '120s',
  ];
}

export function exportCommand(program: string, name: string): readonly string[] {
  return [program, 'export', 'kubeconfig', '--name', kindName(name), '--kubeconfig', kubeconfigOf(name)];
}

export function deleteCommand(program: string, name: string): readonly string[] {
  return [program, 'delete', 'cluster', '--name', kindName(name), '--kubeconfig', kubeconfigOf(name)];
}

export function loadCommand(program: string, name: string, archive: string): readonly string[] {
  return [program, 'load', 'image-archive', archive, '--name', kindName(name)];
}

export function nodeCommand(engine: Engine, name: string, argv: readonly string[]): readonly string[] {
  return [engine, 'exec', `${kindName(name)}-control-plane`, ...argv];
}

function toCluster(name: string, engine: Engine, program: string): Cluster {
  const ctr = (...args: string[]): readonly string[] =>
    nodeCommand(engine, name, ['ctr', '--namespace=k8s.io', 'images', ...args]);
  return {
    name,
    provider: 'kind',
    kubeconfig: kubeconfigOf(name),
    context: `kind-${kindName(name)}`,
    async loadImage(archive, ref) {
      await withReference(engine, archive, ref, async (named) => {
        await run(loadCommand(program, name, named), { env: engineEnvironment(engine), timeout: 300_000 });
      });
    },
    async hasImage(ref) {
      const full = fullReference(ref);
      const { stdout } = await run(ctr('list', '--quiet', `name==${full}`));
      return stdout.split('\n').includes(full);
    },
  };
}

/** kind loads an archive under the names written in it: the engine rewrites it with the wanted one. */
async function withReference(
  engine: Engine,
  archive: string,
  ref: string,
  work: (archive: string) => Promise<void>,
): Promise<void> {
  const { stdout } = await run([engine, 'load', '--input', archive], { timeout: 300_000 });
  const id = loadedImage(stdout);
  if (id === undefined) throw new Error(`${engine} loaded no image from ${archive}: ${stdout.trim()}`);
  const folder = await mkdtemp(join(tmpdir(), 'otto-image-'));
  try {
    const named = join(folder, 'image.tar');
    await run([engine, 'tag', id, fullReference(ref)]);
    await run([engine, 'save', '--output', named, fullReference(ref)], { timeout: 300_000 });
    await work(named);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The engine says `Loaded image: NAME`, or `Loaded image ID: sha256:…` for one without a name. */
export function loadedImage(output: string): string | undefined {
  return /^Loaded image(?:\(s\))?(?: ID)?: (\S+)/m.exec(output)?.[1];
}
