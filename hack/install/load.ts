// Images into a cluster, each archive once.
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { clusterFolder } from '../cluster/built/layout.ts';
import type { Cluster } from '../cluster/contract.ts';
import { withLock } from '../tools/lock.ts';

/** @param refs names under which pods ask for it. */
export async function loadOnce(cluster: Cluster, archive: string, refs: readonly string[]): Promise<void> {
  const folder = clusterFolder(cluster.name);
  await withLock(`load ${folder}`, { timeout: 300_000 }, async () => {
    const file = join(folder, 'loaded.json');
    const loaded: Record<string, string> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
    for (const ref of refs) {
      if (loaded[ref] === basename(archive) && (await cluster.hasImage(ref))) continue;
      await cluster.loadImage(archive, ref);
      loaded[ref] = basename(archive);
    }
    await writeFile(file, JSON.stringify(loaded));
  });
}
