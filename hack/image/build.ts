// Builds the image of Otto from this checkout, by the Dockerfile that users build with Docker.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../tools/command.ts';
import { withLock } from '../tools/lock.ts';
import { type BuildInput, type Built, buildWithBuildah } from './buildah.ts';
import { type Engine, imageEngine } from './engine.ts';
import { contentHash, readInputs } from './inputs.ts';
import type { Log } from './packages.ts';
import { stage } from './stage.ts';
import { type ImageStore, imageStore, pruneArchives } from './store.ts';

export interface BuiltImage {
  readonly ref: string;
  /** Path of an archive that `ctr images import`, `docker load` and `kind load image-archive` take. */
  readonly archive: string;
  /** Size of the archive. */
  readonly bytes: number;
  /** Of the manifest. This and the next are absent when an engine made the archive. */
  readonly digest?: string;
  /** Bytes of all files. */
  readonly unpacked?: number;
}

export interface BuildOptions {
  readonly log: Log;
  readonly root?: string;
}

const checkout = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export async function buildOttoImage({ log, root = checkout }: BuildOptions): Promise<BuiltImage> {
  const store = await imageStore();
  const hash = contentHash(await readInputs(root));
  const ref = `localhost/otto:dev-${hash}`;
  const archive = join(store.archives, `otto-dev-${hash}.tar`);
  if (!existsSync(`${archive}.json`)) {
    // One at a time: builds share the staging folder and buildah's storage.
    await withLock(
      `build ${store.folder}`,
      { timeout: 600_000, onWait: () => log('waiting for another image build') },
      async () => {
        if (existsSync(`${archive}.json`)) return;
        const started = performance.now();
        const { context, runtimeKey } = await prepareContext(root, store, log);
        const engine = await imageEngine();
        log(`building ${ref} with ${engine}`);
        const built = await build(engine, { ref, archive, context, runtimeKey, store, log });
        await writeFile(`${archive}.json`, JSON.stringify(built));
        await pruneArchives(store, 'otto-dev-', 3);
        log(`built ${ref} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
      },
    );
  }
  const built: Built = JSON.parse(await readFile(`${archive}.json`, 'utf8'));
  return { ref, archive, bytes: (await stat(archive)).size, ...built };
}

async function build(engine: Engine, input: BuildInput): Promise<Built> {
  if (engine === 'buildah') return await buildWithBuildah(input);
  // The staged context needs a shell in the build stage and nothing more: the base has one.
  const base = 'docker.io/library/debian:bookworm-slim';
  const argv = [engine, 'build', '--build-arg', `NODE=${base}`, '-t', input.ref, input.context];
  await run(argv, { timeout: 600_000 });
  await run([engine, 'save', '-o', input.archive, input.ref], { timeout: 300_000 });
  return {};
}

/** The build context: what the Dockerfile names, with `rootfs/` staged. Reused, as most of it seldom changes. */
async function prepareContext(
  root: string,
  store: ImageStore,
  log: Log,
): Promise<{ context: string; runtimeKey: string }> {
  const context = join(store.work, 'context');
  const rootfs = join(context, 'rootfs');
  const key = createHash('sha256');
  const here = dirname(fileURLToPath(import.meta.url));
  const decisive = [join(root, 'package-lock.json'), join(here, 'lockfile.ts'), join(here, 'stage.ts')];
  for (const file of decisive) key.update(await readFile(file));
  const runtimeKey = key.digest('hex').slice(0, 12);
  const stamp = join(store.work, 'context.runtime');
  const keepRuntime = existsSync(stamp) && (await readFile(stamp, 'utf8')) === runtimeKey;
  log(keepRuntime ? 'staging dist' : 'staging Node, packages and dist');
  if (!keepRuntime) await rm(stamp, { force: true });
  await mkdir(join(context, 'hack/image'), { recursive: true });
  await copyFile(join(root, 'Dockerfile'), join(context, 'Dockerfile'));
  await copyFile(join(root, 'hack/image/trim.sh'), join(context, 'hack/image/trim.sh'));
  await stage({ root, target: rootfs, keepRuntime });
  await writeFile(stamp, runtimeKey);
  return { context, runtimeKey };
}
