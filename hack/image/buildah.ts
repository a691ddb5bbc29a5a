// The Dockerfile without an engine: Debian's buildah in a chroot, on a base made from Debian's packages.
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { run } from '../tools/command.ts';
import { type DebianRecipe, debianRoot } from './debian.ts';
import { packLayout } from './layout.ts';
import { type Log, needPrograms } from './packages.ts';
import type { ImageStore } from './store.ts';

export interface BuildInput {
  readonly ref: string;
  readonly archive: string;
  readonly context: string;
  readonly store: ImageStore;
  readonly log: Log;
}

/** What the Dockerfile installs with apt on a public base. */
export const ottoBase: DebianRecipe = {
  name: 'otto-base',
  packages: ['git', 'openssh-client', 'ca-certificates', 'busybox-static', 'libstdc++6', 'libnss-wrapper'],
};

export async function buildWithBuildah({ ref, archive, context, store, log }: BuildInput): Promise<string> {
  await needPrograms(['buildah', 'mmdebstrap', 'strip'], log);
  const buildah = buildahIn(store);
  const base = await importBase(buildah, await debianRoot(ottoBase, store, log));
  const file = join(context, 'Dockerfile');
  await buildah(
    [
      'build',
      '--isolation',
      'chroot',
      '--layers',
      '--pull-never',
      '--build-arg',
      `BASE=${base}`,
      '--build-arg',
      `NODE=${base}`,
      '-t',
      ref,
      '-f',
      file,
      context,
    ],
    600_000,
  );
  const layout = join(store.work, 'layout');
  await rm(layout, { recursive: true, force: true });
  await buildah(['push', '--disable-compression', '--format', 'oci', ref, `oci:${layout}:otto`], 300_000);
  const digest = await packLayout(layout, ref, archive);
  await rm(layout, { recursive: true, force: true });
  return digest;
}

type Buildah = (args: readonly string[], timeout?: number) => Promise<string>;

/** buildah with its storage below the cache folder, so that nothing is left elsewhere on the machine. */
function buildahIn(store: ImageStore): Buildah {
  const own = ['--root', join(store.buildah, 'storage'), '--runroot', join(store.buildah, 'run')];
  return async (args, timeout = 60_000) => {
    const { stdout } = await run(['buildah', ...own, ...args], {
      timeout,
      env: { TMPDIR: store.work, BUILDAH_ISOLATION: 'chroot' },
    });
    return stdout.trim();
  };
}

async function importBase(buildah: Buildah, tarball: string): Promise<string> {
  const name = `localhost/${basename(tarball, '.tar').replace(/^otto-base-/, 'otto-base:')}`;
  if ((await buildah(['images', '-q', '--filter', `reference=${name}`])) !== '') return name;
  const container = await buildah(['from', 'scratch']);
  await buildah(['add', container, tarball, '/'], 120_000);
  await buildah(['commit', '--rm', container, name], 120_000);
  return name;
}
