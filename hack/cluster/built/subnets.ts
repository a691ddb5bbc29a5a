// Every cluster has a /16 of private addresses of its own, so that several can run beside each other and the
// host can reach the nodes, pods and services of each.

export interface Subnets {
  readonly index: number;
  /** The two ends of the link between the host and the cluster's network namespace. */
  readonly hostAddress: string;
  readonly nodeAddress: string;
  readonly linkPrefix: number;
  readonly pods: string;
  readonly services: string;
  /** The first address of the services, which Kubernetes gives to its own API. */
  readonly apiService: string;
  readonly dnsService: string;
}

export interface Range {
  readonly first: number;
  readonly last: number;
}

const firstBlock = 160;
export const blockCount = 64;

export function subnetsOf(index: number): Subnets {
  if (!Number.isInteger(index) || index < 0 || index >= blockCount) {
    throw new Error(`there is no address block ${index}: at most ${blockCount} clusters run on one machine`);
  }
  const block = `10.${firstBlock + index}`;
  return {
    index,
    hostAddress: `${block}.0.1`,
    nodeAddress: `${block}.0.2`,
    linkPrefix: 30,
    pods: `${block}.128.0/17`,
    services: `${block}.16.0/20`,
    apiService: `${block}.16.1`,
    dnsService: `${block}.16.10`,
  };
}

/** The first block that touches no range in use (other clusters, and networks the host already routes). */
export function freeSubnets(taken: readonly Range[]): Subnets {
  for (let index = 0; index < blockCount; index++) {
    const { first, last } = parseRange(`10.${firstBlock + index}.0.0/16`);
    if (!taken.some((range) => range.first <= last && first <= range.last)) return subnetsOf(index);
  }
  throw new Error(
    `all ${blockCount} address blocks from 10.${firstBlock}.0.0/16 on are in use: end a cluster with \`down\``,
  );
}

/** `10.0.0.0/8` or a single address, as numbers. */
export function parseRange(text: string): Range {
  const [address = '', prefixText = '32'] = text.split('/');
  const octets = address.split('.').map(Number);
  const prefix = Number(prefixText);
  const wrong =
    octets.length !== 4 || octets.some((octet) => !Number.isInteger(octet) || octet < 0 || octet > 255);
  if (wrong || !Number.isInteger(prefix) || prefix < 0 || prefix > 32) {
    throw new Error(`not an IPv4 range: ${text}`);
  }
  const value = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const size = 2 ** (32 - prefix);
  const first = Math.floor(value / size) * size;
  return { first, last: first + size - 1 };
}
