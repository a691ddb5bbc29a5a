/** The page of faults says nothing that no test looks for. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rowsOfPage } from './page.ts';

describe('docs/faults.md', () => {
  it('has only rows that a test here produces', () => {
    const folder = import.meta.dirname;
    const tests = globSync('*.e2e.ts', { cwd: folder }).map((file) =>
      readFileSync(join(folder, file), 'utf8'),
    );
    const unknown = rowsOfPage().filter(({ fault }) => {
      const name = fault.replace(/, (?:not )?mended$/, '');
      return !tests.some((text) => text.includes(`'${name}'`));
    });
    assert.deepEqual(unknown, []);
  });

  it('names each fault once', () => {
    const names = rowsOfPage().map(({ fault }) => fault);
    assert.deepEqual(names, [...new Set(names)]);
    assert.ok(names.length > 20);
  });
});
