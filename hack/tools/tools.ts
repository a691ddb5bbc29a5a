// `tool(name)` is the path of a program, built on demand and cached by version.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
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
  const folder = join(cacheFolder(), 'tools', `${program}-${version}${await sourcesKey(catalogue[name])}`);
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

/** Tools that are built from files of this repository change with them. */
async function sourcesKey({ build }: Tool): Promise<string> {
  if (build.kind !== 'folder') return '';
  const hash = createHash('sha256');
  for (const file of (await readdir(build.folder)).sort()) {
    hash
      .update(file)
      .update('\0')
      .update(await readFile(join(build.folder, file)))
      .update('\0');
  }
  return `-${hash.digest('hex').slice(0, 12)}`;
}
