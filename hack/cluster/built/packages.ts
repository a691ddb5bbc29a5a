// What the node needs of the system: containerd, runc, the CNI plugins, nft and ip. On Debian and its kin they
// are installed when they are missing; elsewhere one is told what to install.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall, canInstall } from '../../tools/apt.ts';
import type { Log } from '../../tools/go-build.ts';
import { onPath } from '../../tools/path.ts';

/** Debian's package and the programs it is wanted for. */
const packages: readonly (readonly [string, readonly string[]])[] = [
  ['containerd', ['containerd', 'ctr', 'containerd-shim-runc-v2']],
  ['runc', ['runc']],
  ['nftables', ['nft']],
  ['iproute2', ['ip']],
  ['util-linux', ['nsenter']],
  ['procps', ['sysctl']],
];
const cniFolders = ['/usr/lib/cni', '/opt/cni/bin', '/usr/libexec/cni'];
const cniPlugins = ['ptp', 'host-local', 'loopback'];

export interface SystemView {
  readonly program: (name: string) => boolean;
  readonly cniFolder: () => string | undefined;
}

const system: SystemView = { program: (name) => onPath(name) !== undefined, cniFolder: findCni };

export function missingPackages(view: SystemView = system): readonly string[] {
  const missing = packages.filter(([, programs]) => !programs.every(view.program)).map(([name]) => name);
  return view.cniFolder() === undefined ? [...missing, 'containernetworking-plugins'] : missing;
}

function findCni(): string | undefined {
  return cniFolders.find((folder) => cniPlugins.every((plugin) => existsSync(join(folder, plugin))));
}

/** Installs what is missing, and returns the folder of the CNI plugins. */
export async function ensurePackages(log: Log): Promise<string> {
  const missing = missingPackages();
  if (missing.length > 0) {
    if (!canInstall()) {
      const command = `apt-get install --yes --no-install-recommends ${missing.join(' ')}`;
      throw new Error(
        `the node needs ${missing.join(', ')} (names of Debian's packages) and cannot install them here: do so as root, for example \`${command}\``,
      );
    }
    // Debian would start a containerd for the whole machine; the cluster has its own.
    await aptInstall(() => missingPackages(), log, { RUNLEVEL: '1' });
    const still = missingPackages();
    if (still.length > 0)
      throw new Error(`apt-get installed its packages and ${still.join(', ')} are still missing`);
  }
  const folder = findCni();
  if (folder === undefined) throw new Error(`no CNI plugins in ${cniFolders.join(', ')}`);
  return folder;
}
