import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first executable file of that name on PATH (the folders where Debian puts root's tools included). */
export function onPath(name: string, path: string = process.env['PATH'] ?? ''): string | undefined {
  for (const folder of [...path.split(delimiter), '/usr/sbin', '/sbin', '/usr/local/go/bin']) {
    if (folder === '') continue;
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // not here: the next folder
    }
  }
  return undefined;
}
