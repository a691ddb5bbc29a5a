// The hash of everything an image of Otto is made of, so that its tag says what is in it and an unchanged tree
// is not built again.
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

const files = ['Dockerfile', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
const folders = ['src', 'stdlib', 'hack/image'];

/** Whether a file below those folders decides what is in the image. Paths are relative to the checkout. */
export function isInput(file: string): boolean {
  if (file.endsWith('.test.ts') || file.startsWith('src/testing/')) return false;
  // Of the image's own tools only what lays out the content: the rest can change without a new image.
  if (file.startsWith('hack/image/'))
    return [
      'hack/image/stage.ts',
      'hack/image/lockfile.ts',
      'hack/image/trim.sh',
      'hack/image/files/otto',
    ].includes(file);
  return true;
}

export interface InputFile {
  readonly path: string;
  readonly mode: number;
  readonly content: Uint8Array;
}

/** Depends on the paths, the executable bits and the content, not on times or the order of the list. */
export function contentHash(inputs: readonly InputFile[]): string {
  const hash = createHash('sha256');
  for (const { path, mode, content } of inputs.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    hash.update(`${path}\0${(mode & 0o111) === 0 ? '-' : 'x'}\0${content.length}\0`);
    hash.update(content);
  }
  return hash.digest('hex').slice(0, 12);
}

export async function readInputs(root: string): Promise<InputFile[]> {
  const paths = [...files];
  for (const folder of folders) {
    for (const entry of await readdir(join(root, folder), { recursive: true, withFileTypes: true })) {
      const path = relative(root, join(entry.parentPath, entry.name));
      if (entry.isFile() && isInput(path)) paths.push(path);
    }
  }
  return await Promise.all(
    paths.map(async (path) => {
      const [content, { mode }] = await Promise.all([readFile(join(root, path)), stat(join(root, path))]);
      return { path, mode, content };
    }),
  );
}
