// Where image builds keep things, all under the cache folder: archives, the file systems they are made of,
// buildah's own storage.
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, type Environment } from '../tools/folders.ts';

export interface ImageStore {
  readonly folder: string;
  /** Finished archives, named by what went into them. */
  readonly archives: string;
  /** Tarballs of file systems made from Debian's packages. */
  readonly roots: string;
  /** Work in progress; may be deleted when nothing builds. */
  readonly work: string;
  readonly buildah: string;
}

export async function imageStore(env: Environment = process.env): Promise<ImageStore> {
  const folder = join(cacheFolder(env), 'images');
  const store = {
    folder,
    archives: join(folder, 'archives'),
    roots: join(folder, 'roots'),
    work: join(folder, 'work'),
    buildah: join(folder, 'buildah'),
  };
  for (const path of Object.values(store)) await mkdir(path, { recursive: true });
  await sweep(store.work);
  return store;
}

/** Keeps the newest archives whose name starts so: each edit of the sources leaves one of 200 MB. */
export async function pruneArchives(store: ImageStore, prefix: string, keep: number): Promise<void> {
  const found: { path: string; time: number }[] = [];
  for (const name of await readdir(store.archives)) {
    if (!name.startsWith(prefix) || !name.endsWith('.tar')) continue;
    const path = join(store.archives, name);
    found.push({ path, time: (await stat(path)).mtimeMs });
  }
  for (const { path } of found.toSorted((a, b) => b.time - a.time).slice(keep)) {
    // First the record that says there is one: sources that come back are built anew.
    await rm(`${path}.json`, { force: true });
    await rm(path, { force: true });
  }
}

/** Removes what builds that were cut off left; no build takes a day. */
async function sweep(work: string): Promise<void> {
  const yesterday = Date.now() - 24 * 3_600_000;
  for (const name of await readdir(work)) {
    if (/-[A-Za-z0-9]{6}$/.test(name) && (await stat(join(work, name))).mtimeMs < yesterday) {
      await rm(join(work, name), { recursive: true, force: true });
    }
  }
}
