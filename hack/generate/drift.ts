/** Compares what was made with what lies in the repository. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Content by path from the repository's root. */
export type Outputs = ReadonlyMap<string, string>;

/** For each file that differs, its path and the first line that does. */
export async function drift(root: string, outputs: Outputs): Promise<string[]> {
  const differences: string[] = [];
  for (const [path, wanted] of outputs) {
    const present = await readOrUndefined(join(root, path));
    if (present === undefined) differences.push(`${path}: missing`);
    else if (present !== wanted) differences.push(`${path}: ${firstDifference(present, wanted)}`);
  }
  return differences;
}

export function firstDifference(present: string, wanted: string): string {
  const [have, want] = [present.split('\n'), wanted.split('\n')];
  const lines = Math.max(have.length, want.length);
  for (let i = 0; i < lines; i++) {
    if (have[i] !== want[i]) return `line ${i + 1}\n  - ${have[i] ?? '(end)'}\n  + ${want[i] ?? '(end)'}`;
  }
  return 'the same';
}

/** Writes only what changed, so that watchers and build caches see nothing else. */
export async function writeOutputs(root: string, outputs: Outputs): Promise<void> {
  for (const [path, content] of outputs) {
    const file = join(root, path);
    if ((await readOrUndefined(file)) === content) continue;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

async function readOrUndefined(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
