// Images in the cluster's containerd, under the name that a pod will ask for.
import { CommandFailed, run } from '../../tools/command.ts';
import { eventually } from './api.ts';
import type { Layout } from './layout.ts';

/** The full name of an image as Kubernetes' runtimes complete it: `busybox` is `docker.io/library/busybox:latest`. */
export function fullReference(ref: string): string {
  if (!/^[\w][\w.:@/-]*$/.test(ref)) throw new Error(`not an image reference: ${JSON.stringify(ref)}`);
  const slash = ref.indexOf('/');
  const host = slash === -1 ? '' : ref.slice(0, slash);
  const hasHost = host.includes('.') || host.includes(':') || host === 'localhost';
  const path = hasHost ? ref : slash === -1 ? `docker.io/library/${ref}` : `docker.io/${ref}`;
  const last = path.slice(path.lastIndexOf('/') + 1);
  return last.includes(':') || last.includes('@') ? path : `${path}:latest`;
}

export class Images {
  readonly #ctr: readonly string[];

  constructor(layout: Pick<Layout, 'containerdSocket'>) {
    this.#ctr = ['ctr', '--address', layout.containerdSocket, '--namespace', 'k8s.io'];
  }

  /** Imports an OCI or Docker archive of one image, whatever name is written in it. */
  async load(archive: string, ref: string): Promise<void> {
    const wanted = fullReference(ref);
    // Names of the archive that lack a registry get this prefix, so that they cannot be mistaken for others.
    const imported = await this.#run(
      ['images', 'import', '--base-name', 'localhost/otto-import', '--digests', archive],
      300_000,
    );
    const names = importedNames(imported.stdout);
    // With `--digests` the image also has a name by its content; any of them is the image.
    const name = names[0];
    if (name === undefined) throw new Error(`${archive} has no image for this machine in it`);
    if (!names.includes(wanted)) await this.#run(['images', 'tag', '--force', name, wanted]);
    const extra = names.filter((known) => known !== wanted && known.startsWith('localhost/otto-import'));
    if (extra.length > 0) await this.#run(['images', 'remove', ...extra]);
    // kubelet sees an image once containerd's CRI part has noticed and labelled it.
    await eventually(async () => await this.has(wanted), {
      timeout: 20_000,
      describe: () => `containerd imported ${archive} and yet does not offer ${wanted}`,
    });
  }

  async has(ref: string): Promise<boolean> {
    const name = fullReference(ref);
    try {
      const { stdout } = await this.#run(['images', 'list', `name==${name}`]);
      return stdout
        .split('\n')
        .some((line) => line.startsWith(`${name} `) && line.includes('io.cri-containerd.image=managed'));
    } catch (error) {
      if (error instanceof CommandFailed)
        throw new Error(`cannot list images (is the cluster up?): ${error.message}`, { cause: error });
      throw error;
    }
  }

  async #run(args: readonly string[], timeout = 60_000): Promise<{ readonly stdout: string }> {
    return await run([...this.#ctr, ...args], { timeout });
  }
}

/** ctr prints `unpacking NAME (sha256:…)...done` for each name. */
export function importedNames(output: string): readonly string[] {
  return [...output.matchAll(/^unpacking (\S+) \(sha256:/gm)].map(([, name = '']) => name);
}
