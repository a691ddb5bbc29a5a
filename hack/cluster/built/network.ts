// Each cluster lives in a network namespace of its own, joined to the host by one veth pair. kube-proxy's
// nftables mode owns one table with a fixed name, kubelet, etcd and the rest have fixed ports, and the
// pods' bridge and masquerading rules would mix with the host's: in a namespace none of that meets another
// cluster or the host, and removing the namespace removes all of it at once.
//
// Only the network is apart. `ip netns exec` would also mount a new /sys, without the control groups that
// kubelet and containerd need; `nsenter --net` does not.
import { existsSync } from 'node:fs';
import { run, succeeds } from '../../tools/command.ts';
import type { Layout } from './layout.ts';
import { parseRange, type Range } from './subnets.ts';

export function insideNetwork({ netns }: Pick<Layout, 'netns'>, argv: readonly string[]): readonly string[] {
  return ['nsenter', `--net=/run/netns/${netns}`, '--', ...argv];
}

export function networkExists({ netns }: Pick<Layout, 'netns'>): boolean {
  return existsSync(`/run/netns/${netns}`);
}

export async function createNetwork(layout: Layout): Promise<void> {
  const { netns, link, subnets } = layout;
  const inside = (...argv: string[]): Promise<unknown> => run(insideNetwork(layout, argv));
  await run(['ip', 'netns', 'add', netns]);
  await inside('ip', 'link', 'set', 'lo', 'up');
  await run(['ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'host0', 'netns', netns]);
  await run(['ip', 'address', 'add', `${subnets.hostAddress}/${subnets.linkPrefix}`, 'dev', link]);
  await run(['ip', 'link', 'set', link, 'up']);
  await inside('ip', 'address', 'add', `${subnets.nodeAddress}/${subnets.linkPrefix}`, 'dev', 'host0');
  await inside('ip', 'link', 'set', 'host0', 'up');
  await inside('ip', 'route', 'add', 'default', 'via', subnets.hostAddress);
  await inside('sysctl', '-qw', 'net.ipv4.ip_forward=1');
  // Pods reach the host and nothing behind it, whatever the host forwards for others.
  await run(['sysctl', '-qw', `net.ipv4.conf.${link}.forwarding=0`]);
  for (const range of [subnets.pods, subnets.services]) {
    await run(['ip', 'route', 'add', range, 'via', subnets.nodeAddress, 'dev', link]);
  }
}

export async function removeNetwork({ netns, link }: Pick<Layout, 'netns' | 'link'>): Promise<void> {
  if (existsSync(`/sys/class/net/${link}`)) await succeeds(['ip', 'link', 'delete', link]);
  if (existsSync(`/run/netns/${netns}`)) await run(['ip', 'netns', 'delete', netns]);
}

/** Ids of the processes in the namespace: containerd's shims are among them, and nobody else's processes. */
export async function processesInNetwork({ netns }: Pick<Layout, 'netns'>): Promise<readonly number[]> {
  if (!existsSync(`/run/netns/${netns}`)) return [];
  const { stdout } = await run(['ip', 'netns', 'pids', netns]);
  return stdout.split('\n').filter(Boolean).map(Number);
}

/** Ranges that the host routes or has addresses in; the default route is not one. */
export async function rangesInUse(): Promise<readonly Range[]> {
  const routes = await run(['ip', '-4', 'route', 'show', 'table', 'all']);
  return parseRoutes(routes.stdout);
}

export function parseRoutes(text: string): readonly Range[] {
  return [
    ...text.matchAll(/^(?:(?:local|broadcast|unreachable|blackhole) )?(\d+\.\d+\.\d+\.\d+(?:\/\d+)?)/gm),
  ].map(([, range = '']) => parseRange(range));
}
