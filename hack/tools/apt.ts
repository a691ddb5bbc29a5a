// Debian packages that development needs on this machine, installed where one is root.
import { run } from './command.ts';
import type { Log } from './go-build.ts';
import { withLock } from './lock.ts';
import { onPath } from './path.ts';

export function canInstall(): boolean {
  return process.getuid?.() === 0 && onPath('apt-get') !== undefined;
}

let updated = false;

/**
 * One after the other, since apt-get fails where another runs. `missing` is asked again when it is one's turn.
 * @param env of apt-get.
 */
export async function aptInstall(
  missing: () => readonly string[],
  log: Log,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const onWait = (): void => log('waiting for another installation of Debian packages');
  await withLock('apt-get', { timeout: 600_000, onWait }, async () => {
    const packages = missing();
    if (packages.length === 0) return;
    log(`installing Debian packages: ${packages.join(' ')}`);
    const options = { timeout: 600_000, env: { DEBIAN_FRONTEND: 'noninteractive', ...env } };
    const apt = ['apt-get', '-qq', '-o', 'DPkg::Lock::Timeout=300'];
    if (!updated) await run([...apt, 'update'], options);
    updated = true;
    await run([...apt, 'install', '--yes', '--no-install-recommends', ...packages], options);
  });
}
