// Runs those of Otto's tests that need no package: the container has Node and no registry to install from.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as test from 'node:test';

Object.assign(globalThis, {
  describe: test.describe,
  it: test.it,
  beforeEach: test.beforeEach,
  afterEach: test.afterEach,
});
const own = /from '(?:node:|\.{1,2}\/)/;

/** Whether a file and all that it imports, at run time, are of this repository or of Node. */
async function standsAlone(file, seen = new Set()) {
  if (seen.has(file)) return true;
  seen.add(file);
  const code = await readFile(file, 'utf8');
  const imports = [...code.matchAll(/^(?:import|export)(?! type)[^;]*?from '[^']+'|^import '[^']+'/gm)].map(
    ([text]) => text,
  );
  if (imports.some((text) => !own.test(text))) return false;
  for (const text of imports) {
    const [, path] = /from '(\.{1,2}\/[^']+)'/.exec(text) ?? [];
    if (path !== undefined && !(await standsAlone(join(file, '..', path), seen))) return false;
  }
  return true;
}

let count = 0;
for (const file of (await readdir('src/plan', { recursive: true })).sort()) {
  const path = join('src/plan', file);
  if (!file.endsWith('.test.ts') || !(await standsAlone(path))) continue;
  await import(join(process.cwd(), path));
  count++;
}
if (count === 0) throw new Error('there is no test that stands alone');
console.log(`${count} files of tests`);
