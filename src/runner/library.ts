/** The step library's folders: `NAME/manifest.yml` and the program that it names. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseManifest, type StepManifest } from '../plan/manifest.ts';
import { NODE_FLAGS } from './pod-contract.ts';

export interface LibraryProgram {
  manifest: StepManifest;
  file: string;
  args: string[];
}

/** @throws Error when there is no such step, or none that can be started. */
export async function findProgram(library: string, symbol: string): Promise<LibraryProgram> {
  const folder = join(library, symbol);
  const path = join(folder, 'manifest.yml');
  if (!/^[a-zA-Z][a-zA-Z0-9]*$/.test(symbol) || !existsSync(path)) {
    throw new Error(`there is no step '${symbol.slice(0, 63)}' in the library of this runner`);
  }
  const { parse } = await import('yaml');
  const parsed = parseManifest(parse(readFileSync(path, 'utf8')));
  if ('errors' in parsed) throw new Error(`the manifest of ${symbol} is wrong: ${parsed.errors.join(' ')}`);
  const { manifest } = parsed;
  if (manifest.entrypoint === undefined) throw new Error(`the step ${symbol} has no entrypoint`);
  const suffix = manifest.entrypoint.multiarch === true ? `-${architecture()}-${process.platform}` : '';
  const file = join(folder, manifest.entrypoint.path + suffix);
  if (!/\.[cm]?js$/.test(file)) return { manifest, file, args: [] };
  // In a checkout, what the manifest names is not compiled yet.
  const source = file.replace(/\.([cm]?)js$/, '.$1ts');
  const script = existsSync(file) || !existsSync(source) ? file : source;
  return { manifest, file: process.execPath, args: [...NODE_FLAGS, script] };
}

/** As compilers name them. */
function architecture(): string {
  return process.arch === 'x64' ? 'x86_64' : process.arch === 'arm64' ? 'aarch64' : process.arch;
}
