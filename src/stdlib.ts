/** Reads a step library from a folder: DIR/NAME/manifest.yml, one folder a step. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { libraryOf, parseManifest, type StepLibrary, type StepManifest } from './plan/manifest.ts';

/** Throws an Error that names every manifest at fault: a broken library is a broken installation. */
export function loadLibrary(dir: string): StepLibrary {
  const manifests: StepManifest[] = [];
  const errors: string[] = [];
  const folders = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of folders.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = join(dir, name, 'manifest.yml');
    const text = readIfThere(file);
    if (text === undefined) continue;
    const result = parseManifestText(text);
    if ('errors' in result) errors.push(...result.errors.map((error) => `${file}: ${error}`));
    else if (result.manifest.symbol !== name) {
      errors.push(`${file}: symbol: '${result.manifest.symbol}' must be the folder's name, '${name}'.`);
    } else manifests.push(result.manifest);
  }
  if (errors.length > 0) throw new Error(`The step library is not usable:\n${errors.join('\n')}`);
  if (manifests.length === 0)
    throw new Error(`The step library in ${dir} is empty: no */manifest.yml there.`);
  return libraryOf(manifests);
}

function parseManifestText(text: string): ReturnType<typeof parseManifest> {
  try {
    return parseManifest(parse(text));
  } catch (error) {
    return { errors: [`is not YAML: ${error instanceof Error ? error.message : String(error)}`] };
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
