import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** All that is loaded with a module: imports that are neither types nor made later. */
function loadedWith(file: string, found: Set<string> = new Set()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  const source = readFileSync(file, 'utf8');
  for (const [, clause = '', name = ''] of source.matchAll(
    /^(?:import|export)\s([^;]*?)from '([^']+)';/gms,
  )) {
    if (clause.startsWith('type ')) continue;
    if (name.startsWith('.')) loadedWith(join(dirname(file), name), found);
    else if (!name.startsWith('node:')) found.add(name);
  }
  return found;
}

describe('a runner that starts', () => {
  const loaded = [...loadedWith(join(import.meta.dirname, 'run.ts'))];

  it('loads its own files and no package: neither the client of Kubernetes, nor CEL, nor YAML', () => {
    assert.ok(loaded.length > 20);
    assert.deepEqual(
      loaded.filter((name) => !name.startsWith('/')),
      [],
    );
    for (const file of loaded) assert.ok(existsSync(file), file);
  });

  it('loads what only some stages need when they need it', () => {
    const files = loaded.map((file) => relative(import.meta.dirname, file));
    for (const late of [
      'reporter.ts',
      'library-step.ts',
      'run-git.ts',
      '../plan/expression.ts',
      '../plan/cel.ts',
    ]) {
      assert.ok(!files.includes(late), late);
    }
  });

  it('handles TERM before it loads anything else', () => {
    const files = [...loadedWith(join(import.meta.dirname, 'main.ts'))].map((file) =>
      relative(import.meta.dirname, file),
    );
    assert.deepEqual(files.sort(), ['interruption.ts', 'main.ts', 'stop.ts']);
  });
});
