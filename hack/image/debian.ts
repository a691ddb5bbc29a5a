// A file system of Debian packages as a tarball, made by mmdebstrap and cached by its recipe. Packages are only
// unpacked: no maintainer script runs, nothing is mounted; trim.sh does what of it is needed.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../tools/command.ts';
import { withLock } from '../tools/lock.ts';
import { type Log, needPrograms } from './packages.ts';
import type { ImageStore } from './store.ts';

export interface DebianRecipe {
  readonly name: string;
  readonly packages: readonly string[];
  /** Runs in the unpacked tree as its working directory, before it is trimmed; `$FILES` is the folder files/. */
  readonly setup?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const suite = 'bookworm';
const trimScript = join(dirname(fileURLToPath(import.meta.url)), 'trim.sh');
const files = join(dirname(trimScript), 'files');
// Debian keeps /bin and the like as links since bookworm; unpacking alone would make them folders.
const mergeUsr =
  'cd "$1" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 && for d in bin sbin lib lib64; do ln -s usr/$d $d; done';

/** Changes with everything that decides the content, but not with new versions of the packages. */
export function recipeKey(recipe: DebianRecipe, trim: string): string {
  const text = JSON.stringify([
    2,
    suite,
    process.arch,
    mergeUsr,
    trim,
    recipe.packages,
    recipe.setup ?? '',
    recipe.env ?? {},
  ]);
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** The path of the tarball. */
export async function debianRoot(recipe: DebianRecipe, store: ImageStore, log: Log): Promise<string> {
  const key = recipeKey(recipe, await readFile(trimScript, 'utf8'));
  const tarball = join(store.roots, `${recipe.name}-${key}.tar`);
  if (existsSync(tarball)) return tarball;
  return await withLock(`root ${tarball}`, { timeout: 600_000 }, async () => {
    if (!existsSync(tarball)) await makeRoot(recipe, tarball, store, log);
    return tarball;
  });
}

async function makeRoot(recipe: DebianRecipe, tarball: string, store: ImageStore, log: Log): Promise<void> {
  await needPrograms(['mmdebstrap', 'tar'], log);
  if (process.getuid?.() !== 0)
    throw new Error(`making a file system of Debian packages for ${recipe.name} needs root`);
  log(`unpacking Debian packages for ${recipe.name}: ${recipe.packages.join(' ')}`);
  const folder = await mkdtemp(join(store.work, `${recipe.name}-`));
  try {
    const root = join(folder, 'root');
    await run(
      [
        'mmdebstrap',
        '--mode=root',
        '--variant=extract',
        '--quiet',
        `--include=${recipe.packages.join(',')}`,
        `--setup-hook=${mergeUsr}`,
        '--aptopt=Acquire::Languages "none"',
        '--aptopt=Acquire::Retries "3"',
        '--format=directory',
        suite,
        root,
      ],
      { timeout: 600_000, env: { TMPDIR: folder } },
    );
    // The name and the name servers of this machine do not belong into an image.
    await run(['rm', '-f', 'etc/hostname', 'etc/resolv.conf'], { cwd: root });
    if (recipe.setup !== undefined) {
      await run(['sh', '-euc', recipe.setup], {
        cwd: root,
        timeout: 300_000,
        env: { ...recipe.env, FILES: files },
      });
    }
    await run(['sh', trimScript, root], { timeout: 60_000, ...(recipe.env && { env: recipe.env }) });
    // Sorted and without times, so that the same packages give the same layer.
    await run(
      [
        'tar',
        '--sort=name',
        '--mtime=@0',
        '--numeric-owner',
        '-C',
        root,
        '-cf',
        join(folder, 'root.tar'),
        '.',
      ],
      {
        timeout: 120_000,
      },
    );
    await rename(join(folder, 'root.tar'), tarball);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
