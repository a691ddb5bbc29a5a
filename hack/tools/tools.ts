// `tool(name)` is the path of a program, built on demand and cached by version.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { catalogue, type Tool, type ToolName } from './catalogue.ts';
import { cacheFolder } from './folders.ts';
import { goBuild, type Log } from './go-build.ts';
import { withLock } from './lock.ts';
import { onPath } from './path.ts';

export interface ToolOptions {
  /** Receives progress; standard error by default, so that a path on standard output stays alone. */
  readonly log?: Log;
}

/**
 * The path of the tool. The first call builds it (four minutes for Kubernetes on two cores, seconds to two
 * minutes for the others), later ones take no time. `kubectl` is the one on PATH where there is one.
 */
export async function tool(name: ToolName, options: ToolOptions = {}): Promise<string> {
  const log = options.log ?? ((line: string) => console.error(line));
  if (name === 'kubectl') {
    const installed = onPath('kubectl');
    if (installed !== undefined) return installed;
  }
  const { version, build } = catalogue[name];
  const program = build.kind === 'folder' ? basename(build.folder) : name;
  const folder = join(cacheFolder(), 'tools', `${program}-${version}-${await buildKey(catalogue[name])}`);
  // The multi-call program chooses by its first argument or its own name; a link gives it the name.
  const path = join(folder, name);
  if (existsSync(path)) return path;
  const lock = { timeout: 30 * 60_000, onWait: () => log(`${program}: another process builds it, waiting`) };
  await withLock(folder, lock, async () => {
    if (!existsSync(path)) await buildInto(folder, program, catalogue[name], log);
  });
  return path;
}

/** Builds beside the final place and renames: a build that was cut off is never taken for a tool. */
async function buildInto(folder: string, program: string, tool: Tool, log: Log): Promise<void> {
  const parent = join(folder, '..');
  await mkdir(parent, { recursive: true });
  const draft = await mkdtemp(join(parent, `.building-${program}-`));
  try {
    await goBuild(draft, program, tool, log);
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Changes with how the tool is built, and with the files of this repository that it is built from. */
async function buildKey({ build, stamps }: Tool): Promise<string> {
  const how = build.kind === 'folder' ? build.packages : build.package;
  const hash = createHash('sha256').update(JSON.stringify([how, stamps]));
  if (build.kind === 'folder') {
    const files = await readdir(build.folder, { recursive: true, withFileTypes: true });
    const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
    for (const path of paths.toSorted()) {
      hash
        .update(relative(build.folder, path))
        .update('\0')
        .update(await readFile(path))
        .update('\0');
    }
  }
  return hash.digest('hex').slice(0, 12);
}
