// Which folders of node_modules a production install has, read from the lock file: the same answer as
// `npm ci --omit=dev`, without a network and in milliseconds.

export interface LockedPackage {
  /** Relative to the project, such as `node_modules/a/node_modules/b`. */
  readonly path: string;
  /** npm may leave it out, for another platform for example. */
  readonly optional: boolean;
}

export function productionPackages(lockText: string): LockedPackage[] {
  const lock: unknown = JSON.parse(lockText);
  if (!isRecord(lock) || !isRecord(lock['packages'])) {
    throw new Error('package-lock.json has no `packages`: write it with npm 9 or later');
  }
  const found: LockedPackage[] = [];
  for (const [path, entry] of Object.entries(lock['packages'])) {
    if (path === '' || !isRecord(entry)) continue;
    if (entry['dev'] === true || entry['devOptional'] === true) continue;
    // Type declarations are dependencies of some packages, and nothing at run time.
    if (path.includes('node_modules/@types/')) continue;
    found.push({ path, optional: entry['optional'] === true || entry['peer'] === true });
  }
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

const rootOnly = new Set([
  'test',
  'tests',
  '__tests__',
  'doc',
  'docs',
  'example',
  'examples',
  'bench',
  'benchmark',
  'coverage',
  '.github',
]);
const notAtRunTime =
  /(\.d\.[cm]?ts|\.[cm]?ts|\.tsx|\.map|\.md|\.markdown|\.flow|\.bare|\.tsbuildinfo|\.test\.[cm]?js)$/;

// Names that only look like tests (`attr_spec.js`) are code of some packages, so the list is short.

/** Whether a file of a package, named relative to the package's folder, is needed to run it. */
export function neededAtRunTime(file: string): boolean {
  const [first = '', ...rest] = file.split('/');
  if (rest.length > 0 && (rootOnly.has(first) || first === 'node_modules')) return false;
  // A licence asks to be shipped with what it covers.
  if (/^(licen[cs]e|copying|notice)/i.test(rest.at(-1) ?? first)) return true;
  return !notAtRunTime.test(file);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The packages that this project itself imports. */
export function directDependencies(lockText: string): string[] {
  const lock: unknown = JSON.parse(lockText);
  const project = isRecord(lock) && isRecord(lock['packages']) ? lock['packages'][''] : undefined;
  const named = isRecord(project) ? project['dependencies'] : undefined;
  return isRecord(named) ? Object.keys(named) : [];
}
