// Lays out what the image holds beside its Debian base, as a folder: `runtime/` (Node and the packages, changes
// with the lock file) and `app/` (dist, changes with every edit). Each becomes a layer.
import { existsSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { run } from '../tools/command.ts';
import { onPath } from '../tools/path.ts';
import { directDependencies, neededAtRunTime, productionPackages } from './lockfile.ts';

export interface StageOptions {
  /** The checkout, with its dependencies installed. */
  readonly root: string;
  readonly target: string;
  /** Leave `runtime/` as it is: it was staged from the same lock file. */
  readonly keepRuntime?: boolean;
}

export async function stage({ root, target, keepRuntime = false }: StageOptions): Promise<void> {
  if (!keepRuntime) await stageRuntime(root, join(target, 'runtime'));
  await stageApp(root, join(target, 'app'));
}

async function stageRuntime(root: string, target: string): Promise<void> {
  await rm(target, { recursive: true, force: true });
  const node = join(target, 'usr/local/bin/node');
  await mkdir(dirname(node), { recursive: true });
  await copyFile(join(root, 'node_modules/node/bin/node'), node);
  await chmod(node, 0o755);
  // Node carries a symbol table of 18 MB that only native add-ons could want, and there are none.
  if (onPath('strip') !== undefined) {
    const before = (await run([node, '--version'])).stdout;
    await run(['strip', node]);
    const after = (await run([node, '--version'])).stdout;
    if (before !== after) throw new Error(`strip broke ${node}: --version said ${before}and then ${after}`);
  }
  const lock = await readFile(join(root, 'package-lock.json'), 'utf8');
  for (const { path, optional } of productionPackages(lock)) {
    const from = join(root, path);
    if (!(await isFolder(from))) {
      if (optional) continue;
      throw new Error(`${path} is in package-lock.json but not installed: run \`npm ci\``);
    }
    await copyPackage(from, join(target, 'otto', path));
  }
  await run(['chmod', '-R', 'a+rX,go-w', target]);
  await tryImports(node, join(target, 'otto'), directDependencies(lock));
}

/** Loads each package where it now lies, so that a file too many left out shows here and not in a cluster. */
async function tryImports(node: string, folder: string, packages: readonly string[]): Promise<void> {
  // A package may refuse to start for its own reasons; only absent files count. This one others need before them.
  const first = packages.filter((name) => name === 'reflect-metadata');
  const script = `for (const name of ${JSON.stringify([...first, ...packages])}) try { await import(name); } catch (error) {
    if (/MODULE_NOT_FOUND|ENOENT/.test(error.code)) { console.error(name, error.message); process.exitCode = 1; }
  }`;
  await run([node, '--input-type=module', '-e', script], { cwd: folder, timeout: 60_000 });
}

async function copyPackage(from: string, to: string): Promise<void> {
  await cp(from, to, {
    recursive: true,
    dereference: true,
    filter: async (source) => {
      const file = relative(from, source);
      if (file === '') return true;
      // A folder passes when a file directly in it could: its own files are asked again.
      return (await isFolder(source)) ? neededAtRunTime(`${file}/x`) : neededAtRunTime(file);
    },
  });
}

async function stageApp(root: string, target: string): Promise<void> {
  await rm(target, { recursive: true, force: true });
  const otto = join(target, 'otto');
  await mkdir(join(otto, 'bin'), { recursive: true });
  // Types are checked by CI; an image build only translates, so that it takes a second.
  await run(
    [
      join(root, 'node_modules/.bin/tsc'),
      '-p',
      'tsconfig.build.json',
      '--noCheck',
      '--outDir',
      join(otto, 'dist'),
    ],
    {
      cwd: root,
      timeout: 300_000,
    },
  );
  for (const entry of ['cli/main.js', 'runner/main.js']) {
    if (!existsSync(join(otto, 'dist/src', entry))) {
      throw new Error(
        `the build made no dist/src/${entry}: the image starts with it, see hack/image/files/otto`,
      );
    }
  }
  // What the compiler leaves behind: manifests of steps, the page and the like. dist mirrors the checkout.
  for (const folder of ['src', 'stdlib']) {
    await copyTree(join(root, folder), join(otto, 'dist', folder), (file) => {
      return !file.endsWith('.ts') && !file.startsWith('testing/');
    });
  }
  await copyFile(join(root, 'package.json'), join(otto, 'package.json'));
  const launcher = join(otto, 'bin/otto');
  await copyFile(join(root, 'hack/image/files/otto'), launcher);
  await chmod(launcher, 0o755);
  // On PATH, so that a shell in the container has it too.
  const onThePath = join(target, 'usr/local/bin/otto');
  await mkdir(dirname(onThePath), { recursive: true });
  await writeFile(onThePath, '#!/bin/busybox sh\nexec /otto/bin/otto "$@"\n', { mode: 0o755 });
  await run(['chmod', '-R', 'a+rX,go-w', target]);
}

async function copyTree(from: string, to: string, wanted: (file: string) => boolean): Promise<void> {
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    const source = join(entry.parentPath, entry.name);
    const file = relative(from, source);
    if (!entry.isFile() || !wanted(file)) continue;
    await mkdir(dirname(join(to, file)), { recursive: true });
    await copyFile(source, join(to, file));
    await chmod(join(to, file), (await stat(source)).mode);
  }
}

async function isFolder(path: string): Promise<boolean> {
  return existsSync(path) && (await stat(path)).isDirectory();
}
