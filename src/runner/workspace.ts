/** Folders within the workspace. User code writes there, so any part of a path may be a link to elsewhere. */
import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';

/**
 * The folder `path`, relative to `current`, made if it is not there.
 * @throws Error that names the part of the path which leads out of the workspace or is no folder.
 */
export function folderWithin(workspace: string, current: string, path: string): string {
  if (path.includes('\0')) throw new Error('a path cannot hold a NUL byte');
  const wanted = resolve(current, path);
  const inside = relative(workspace, wanted);
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
    throw new Error(`'${path}' leaves the workspace: name a folder within it`);
  }
  let at = workspace;
  for (const part of inside === '' ? [] : inside.split(sep)) {
    at = join(at, part);
    const found = lstatSync(at, { throwIfNoEntry: false });
    if (found === undefined) mkdirSync(at);
    else if (found.isSymbolicLink()) {
      throw new Error(`'${relative(workspace, at)}' is a symbolic link: name the folder it leads to`);
    } else if (!found.isDirectory()) throw new Error(`'${relative(workspace, at)}' is not a folder`);
  }
  // A part may have been replaced since it was looked at.
  if (realpathSync(at) !== join(realpathSync(workspace), inside)) {
    throw new Error(`'${path}' leads out of the workspace`);
  }
  return at;
}
