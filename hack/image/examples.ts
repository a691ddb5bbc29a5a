// Builds the images of the table in images.ts, each when it is first asked for.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../tools/command.ts';
import { withLock } from '../tools/lock.ts';
import type { BuiltImage } from './build.ts';
import { debianRoot, recipeKey } from './debian.ts';
import { type ExampleImage, type ExampleName, exampleImages, type Layer } from './images.ts';
import { packLayout, writeLayout } from './layout.ts';
import { type Log, needPrograms } from './packages.ts';
import { type ImageStore, imageStore, pruneArchives } from './store.ts';

const here = dirname(fileURLToPath(import.meta.url));
const files = join(here, 'files');

/** The archive holds the image under its own name and under the public ones it stands in for. */
export async function exampleImage(name: ExampleName, log: Log): Promise<BuiltImage> {
  const store = await imageStore();
  const image: ExampleImage = exampleImages[name];
  const key = imageKey(image, await contentKeys(image));
  const archive = join(store.archives, `example-${name}-${key}.tar`);
  if (!existsSync(`${archive}.json`)) {
    await withLock(`example ${archive}`, { timeout: 600_000 }, async () => {
      if (existsSync(`${archive}.json`)) return;
      const started = performance.now();
      const folder = await mkdtemp(join(store.work, `${name}-`));
      try {
        const tarballs: string[] = [];
        for (const layer of image.layers) tarballs.push(await layerTarball(layer, store, log));
        await writeLayout(folder, tarballs, image.config);
        const digest = await packLayout(folder, [image.ref, ...image.standsInFor], archive);
        await writeFile(`${archive}.json`, JSON.stringify({ digest }));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
      await pruneArchives(store, `example-${name}-`, 2);
      log(`built ${image.ref} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
    });
  }
  const { digest }: { digest: string } = JSON.parse(await readFile(`${archive}.json`, 'utf8'));
  const { size } = await stat(archive);
  return { ref: image.ref, archive, bytes: size, digest, unpacked: size };
}

/** Everything that decides an image's content, as a name for its archive. */
export function imageKey(image: ExampleImage, contents: readonly string[]): string {
  const { ref, standsInFor, config } = image;
  return hashOf(JSON.stringify([1, process.arch, ref, standsInFor, config, contents]));
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

async function contentKeys(image: ExampleImage): Promise<string[]> {
  const keys: string[] = [];
  for (const layer of image.layers) keys.push(await contentKey(layer));
  return keys;
}

async function contentKey(layer: Layer): Promise<string> {
  switch (layer.kind) {
    case 'debian': {
      const trim = await readFile(join(here, 'trim.sh'), 'utf8');
      return recipeKey(await withFiles(layer.recipe), trim);
    }
    case 'go':
      return hashOf(await folderText(join(files, layer.folder)));
    case 'node':
      return hashOf(process.version);
    case 'go-toolchain':
      return hashOf((await run(['go', 'version'])).stdout);
  }
}

async function folderText(folder: string): Promise<string> {
  const texts: string[] = [];
  for (const name of (await readdir(folder)).toSorted())
    texts.push(name, await readFile(join(folder, name), 'utf8'));
  return texts.join('\0');
}

type Recipe = Extract<Layer, { kind: 'debian' }>['recipe'];

/** A setup that installs a file of this folder depends on what is in it. */
async function withFiles(recipe: Recipe): Promise<Recipe> {
  const names = [...(recipe.setup ?? '').matchAll(/\$FILES\/([\w.-]+)/g)].map((match) => match[1] ?? '');
  let setup = recipe.setup;
  for (const name of names)
    setup = `# ${name} ${hashOf(await readFile(join(files, name), 'utf8'))}\n${setup}`;
  return setup === undefined ? recipe : { ...recipe, setup };
}

async function layerTarball(layer: Layer, store: ImageStore, log: Log): Promise<string> {
  if (layer.kind === 'debian') return await debianRoot(await withFiles(layer.recipe), store, log);
  const name = layer.kind === 'go' ? layer.folder : layer.kind;
  const tarball = join(store.roots, `${name}-${await contentKey(layer)}.tar`);
  if (existsSync(tarball)) return tarball;
  return await withLock(`root ${tarball}`, { timeout: 600_000 }, async () => {
    if (existsSync(tarball)) return tarball;
    const root = await mkdtemp(join(store.work, `${name}-`));
    try {
      await fill(layer, root, log);
      // mkdtemp makes a private folder, and it becomes the image's root.
      await run(['chmod', '-R', 'u+w,a+rX,go-w', root]);
      const sorted = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
      await run(['tar', ...sorted, '-C', root, '-cf', `${tarball}.part`, '.'], { timeout: 120_000 });
      await rename(`${tarball}.part`, tarball);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
    return tarball;
  });
}

async function fill(layer: Exclude<Layer, { kind: 'debian' }>, root: string, log: Log): Promise<void> {
  const sh = async (script: string, env: Record<string, string> = {}): Promise<void> => {
    await run(['sh', '-euc', script], { cwd: root, timeout: 300_000, env });
  };
  switch (layer.kind) {
    case 'go': {
      await needPrograms(['go'], log);
      const argv = [
        'go',
        'build',
        '-trimpath',
        '-buildvcs=false',
        '-ldflags',
        '-s -w',
        '-o',
        join(root, layer.path),
        '.',
      ];
      await run(argv, {
        cwd: join(files, layer.folder),
        env: { CGO_ENABLED: '0', GOFLAGS: '' },
        timeout: 300_000,
      });
      return;
    }
    case 'node':
      await sh(
        'mkdir -p usr/local/bin; cp "$NODE" usr/local/bin/node; if command -v strip >/dev/null; then strip usr/local/bin/node; fi',
        {
          NODE: process.execPath,
        },
      );
      return;
    case 'go-toolchain':
      await needPrograms(['go'], log);
      await sh(
        `from=$(go env GOROOT); mkdir -p usr/local/go; cd usr/local/go
        cp -a "$from/VERSION" "$from/bin" "$from/pkg" "$from/src" .
        [ ! -e "$from/go.env" ] || cp -a "$from/go.env" .
        rm -rf src/cmd; find src -name testdata -prune -exec rm -rf {} +; find src -name '*_test.go' -delete
        find bin pkg -type f -perm /111 -exec strip {} + 2>/dev/null || true`,
      );
  }
}
