// Whether each component answers. All of them listen on the node's address, which only this machine reaches.
import { request as plain } from 'node:http';
import { request as secure } from 'node:https';
import { succeeds } from '../../tools/command.ts';
import type { ComponentName } from './components.ts';
import type { Layout } from './layout.ts';

export async function answers(name: ComponentName, layout: Layout): Promise<boolean> {
  const url = healthUrl(name, layout.subnets.nodeAddress);
  if (url === undefined)
    return await succeeds(['ctr', '--address', layout.containerdSocket, 'version'], { timeout: 5_000 });
  return await new Promise((resolve) => {
    const options = { timeout: 2_000, agent: false } as const;
    // The answer carries no secret and decides nothing but how long to wait, so nobody's certificate is checked.
    const outgoing =
      url.protocol === 'https:'
        ? secure(url, { ...options, rejectUnauthorized: false })
        : plain(url, options);
    outgoing.on('response', (incoming) => {
      incoming.resume();
      resolve(incoming.statusCode === 200);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')));
    outgoing.on('error', () => resolve(false));
    outgoing.end();
  });
}

function healthUrl(name: ComponentName, address: string): URL | undefined {
  switch (name) {
    case 'etcd':
      return new URL(`http://${address}:2381/health`);
    case 'kube-apiserver':
      return new URL(`https://${address}:6443/readyz`);
    case 'kube-controller-manager':
      return new URL(`https://${address}:10257/healthz`);
    case 'kube-scheduler':
      return new URL(`https://${address}:10259/healthz`);
    case 'kubelet':
      return new URL(`http://${address}:10248/healthz`);
    case 'kube-proxy':
      return new URL(`http://${address}:10256/livez`);
    case 'coredns':
      return new URL(`http://${address}:8181/ready`);
    case 'containerd':
      return undefined;
    default:
      throw new Error(`no component ${String(name satisfies never)}`);
  }
}
