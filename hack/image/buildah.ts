// The Dockerfile without an engine: Debian's buildah in a chroot, on a base made from Debian's packages.
import { createHash } from 'node:crypto';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
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
  /** Changes with what is in the context's `rootfs/runtime`. */
  readonly runtimeKey: string;
  readonly store: ImageStore;
  readonly log: Log;
}

export interface Built {
  readonly digest?: string;
  readonly unpacked?: number;
}

/** What the Dockerfile installs with apt on a public base. */
export const ottoBase: DebianRecipe = {
  name: 'otto-base',
  packages: ['git', 'openssh-client', 'ca-certificates', 'busybox-static', 'libstdc++6', 'libnss-wrapper'],
};

export async function buildWithBuildah({
  ref,
  archive,
  context,
  runtimeKey,
  store,
  log,
}: BuildInput): Promise<Built> {
  await needPrograms(['buildah', 'mmdebstrap', 'strip'], log);
  const buildah = buildahIn(store);
  const tarball = await debianRoot(ottoBase, store, log);
  const base = `localhost/${basename(tarball, '.tar').replace(/^otto-base-/, 'otto-base:')}`;
  // Node and the packages seldom change and are most of the context: the build stage starts with them in place.
  const runtime = `localhost/otto-runtime:${base.split(':')[1]}-${runtimeKey}`;
  if ((await buildah(['images', '-q', '--filter', `reference=${runtime}`])) === '') {
    // Of no use without the layers below them, and each set is half a gigabyte.
    await buildah(['rmi', '--all', '--force']);
    await importImage(buildah, base, ['from', 'scratch'], [tarball, '/']);
    const files = join(context, 'rootfs/runtime');
    await importImage(buildah, runtime, ['from', '--pull-never', base], [files, '/src/rootfs/runtime']);
  }
  const ignore = join(store.work, 'ignore');
  await writeFile(ignore, 'rootfs/runtime\n');
  const bases = ['--build-arg', `BASE=${base}`, '--build-arg', `NODE=${runtime}`, '--pull-never'];
  const how = [
    '--isolation',
    'chroot',
    '--layers',
    '--ignorefile',
    ignore,
    '-f',
    join(context, 'Dockerfile'),
  ];
  await buildah(['build', ...how, ...bases, '-t', ref, context], 600_000);
  const layout = join(store.work, 'layout');
  await rm(layout, { recursive: true, force: true });
  await buildah(['push', '--format', 'oci', ref, `oci:${layout}:otto`], 300_000);
  const digest = await packLayout(layout, [ref], archive);
  await rm(layout, { recursive: true, force: true });
  const unpacked = (await stat(tarball)).size + (await folderSize(join(context, 'rootfs')));
  return { digest, unpacked };
}

type Buildah = (args: readonly string[], timeout?: number) => Promise<string>;

/** buildah with its storage below the cache folder, so that nothing is left elsewhere on the machine. */
function buildahIn(store: ImageStore): Buildah {
  // What is mounted is noted in the run root, so it must not outlive a restart of the machine.
  const key = createHash('sha256').update(store.buildah).digest('hex').slice(0, 12);
  const runRoot = `/run/otto-buildah-${key}`;
  const own = ['--root', join(store.buildah, 'storage'), '--runroot', runRoot];
  return async (args, timeout = 60_000) => {
    const { stdout } = await run(['buildah', ...own, ...args], {
      timeout,
      env: { TMPDIR: store.work, BUILDAH_ISOLATION: 'chroot' },
    });
    return stdout.trim();
  };
}

async function importImage(
  buildah: Buildah,
  name: string,
  from: readonly string[],
  add: readonly string[],
): Promise<void> {
  const container = await buildah(from);
  await buildah(['add', container, ...add], 120_000);
  await buildah(['commit', '--rm', container, name], 120_000);
}

async function folderSize(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}
