// Where everything of one built cluster is. The folder and the names derived from the cluster's name are the
// only places it touches, so that `down` and the cleaning after a crash know all of them without a list.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { stateFolder } from '../../tools/folders.ts';
import type { Subnets } from './subnets.ts';

export interface Layout {
  readonly name: string;
  readonly nodeName: string;
  readonly folder: string;
  readonly subnets: Subnets;
  /** Network namespace; the host's end of its link is called `link`. */
  readonly netns: string;
  readonly link: string;
  /** Name of the control group under every hierarchy. */
  readonly cgroup: string;
  readonly apiServer: string;
  readonly kubeconfig: string;
  readonly containerdSocket: string;
  readonly pki: string;
  readonly kubeconfigs: string;
  readonly configuration: string;
  readonly logs: string;
  readonly pids: string;
}

const longestSocketPath = 104;

/** Names become those of files, network namespaces and control groups. */
export function checkName(name: string): string {
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(name)) {
    throw new Error(
      `"${name}" cannot name a cluster: use 1 to 31 lower-case letters, digits and dashes, a letter first`,
    );
  }
  return name;
}

export function clusterFolder(name: string): string {
  return join(stateFolder(), 'clusters', checkName(name));
}

/**
 * Of this cluster on this machine: a cluster of the same name whose state lies elsewhere is another one. Nothing in it
 * comes from the addresses, which a cluster that is only to be cleaned away may not have any more.
 */
function uniqueName(name: string, folder: string): string {
  const usual = join(stateFolder({ ...process.env, OTTO_STATE: '' }), 'clusters', name);
  return folder === usual ? `otto-${name}` : `otto-${name}-${hashOf(folder)}`;
}

/** Short enough for the name of a network interface, which has 15 characters at most. */
function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

export function layoutOf(name: string, subnets: Subnets, folder: string = clusterFolder(name)): Layout {
  const containerdSocket = join(folder, 'containerd', 'containerd.sock');
  const unique = uniqueName(name, folder);
  // The longest of the sockets beside it is containerd.sock.ttrpc.
  if (containerdSocket.length + '.ttrpc'.length > longestSocketPath) {
    throw new Error(`${containerdSocket} is too long for a Unix socket: set OTTO_STATE to a shorter folder`);
  }
  return {
    name: checkName(name),
    nodeName: `${name}-node`,
    folder,
    subnets,
    netns: unique,
    link: `otto${hashOf(unique)}`,
    cgroup: unique,
    apiServer: `https://${subnets.nodeAddress}:6443`,
    kubeconfig: join(folder, 'kubeconfig'),
    containerdSocket,
    pki: join(folder, 'pki'),
    kubeconfigs: join(folder, 'kubeconfigs'),
    configuration: join(folder, 'configuration'),
    logs: join(folder, 'logs'),
    pids: join(folder, 'pids'),
  };
}
