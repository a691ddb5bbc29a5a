/** The submodules of a commit. Each becomes a checkout of its own: git's own `submodule update` would trust the workspace. */
export interface Submodule {
  name: string;
  /** In the parent's work tree. */
  path: string;
  url: string;
  commit: string;
}

const MOST = 500;
const DEEPEST = 10;

/**
 * @param config what `git config -z --blob COMMIT:.gitmodules --list` prints.
 * @param tree what `git ls-tree -r -z COMMIT` prints.
 */
export function readSubmodules(config: string, tree: string): Submodule[] {
  const commits = new Map<string, string>();
  for (const entry of tree.split('\0')) {
    const [, commit, path] = /^160000 commit ([0-9a-f]+)\t(.*)$/s.exec(entry) ?? [];
    if (commit !== undefined && path !== undefined) commits.set(path, commit);
  }
  const named = new Map<string, { path?: string; url?: string }>();
  for (const entry of config.split('\0')) {
    const [, name, key, value] = /^submodule\.(.+)\.(path|url)\n(.*)$/s.exec(entry) ?? [];
    if (name === undefined || value === undefined) continue;
    named.set(name, { ...named.get(name), [key === 'path' ? 'path' : 'url']: value });
  }
  return [...named].flatMap(([name, { path, url }]) => {
    const commit = path === undefined ? undefined : commits.get(path);
    // What .gitmodules names and the tree does not have is a leftover, as git sees it too.
    return path === undefined || url === undefined || commit === undefined
      ? []
      : [{ name, path, url, commit }];
  });
}

/** One after another: they share the network and the log. @throws Error that names the submodule. */
export async function checkoutSubmodules(
  modules: readonly Submodule[],
  depth: number,
  checkout: (module: Submodule) => Promise<unknown>,
): Promise<void> {
  if (modules.length === 0) return;
  if (depth >= DEEPEST) throw new Error(`submodules nest more than ${DEEPEST} deep`);
  if (modules.length > MOST) throw new Error(`the repository has more than ${MOST} submodules`);
  for (const module of modules) {
    try {
      await checkout(module);
    } catch (error) {
      if (error instanceof Error) error.message = `submodule ${module.path}: ${error.message}`;
      throw error;
    }
  }
}
