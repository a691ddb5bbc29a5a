import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageStore, pruneArchives } from './store.ts';

describe('the archives of images', () => {
  const folder = mkdtempSync(join(tmpdir(), 'otto-store-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('are kept, the newest of each image, and none is recorded that is gone', async () => {
    const store = await imageStore({ OTTO_CACHE: folder });
    ['a-1', 'a-2', 'a-3', 'b-1'].forEach((name, i) => {
      for (const file of [`${name}.tar`, `${name}.tar.json`]) writeFileSync(join(store.archives, file), '');
      utimesSync(join(store.archives, `${name}.tar`), i, i);
    });
    await pruneArchives(store, 'a-', 2);
    const left = ['a-2', 'a-3', 'b-1'].flatMap((name) => [`${name}.tar`, `${name}.tar.json`]);
    assert.deepEqual(readdirSync(store.archives).toSorted(), left);
  });
});
