// Writes everything a cluster reads at its start: certificates, kubeconfigs, configuration.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority, type KeyPair } from './certificates.ts';
import {
  auditPolicy,
  cniConfig,
  containerdConfig,
  corefile,
  kubeletConfig,
  type NodePrograms,
  proxyConfig,
  schedulerConfig,
} from './configuration.ts';
import { renderKubeconfig } from './kubeconfig.ts';
import type { Layout } from './layout.ts';

export async function writeFiles(layout: Layout, programs: NodePrograms, now: Date): Promise<void> {
  const { folder, pki, kubeconfigs, configuration, logs, pids } = layout;
  const folders = [
    pki,
    kubeconfigs,
    configuration,
    logs,
    pids,
    join(configuration, 'cni'),
    join(folder, 'containerd'),
    join(folder, 'kubelet'),
  ];
  for (const path of folders) await mkdir(path, { recursive: true, mode: 0o700 });
  await writeCredentials(layout, now);
  const files: Readonly<Record<string, string>> = {
    'containerd.toml': containerdConfig(layout, programs),
    'cni/10-otto.conflist': cniConfig(layout),
    'kubelet.json': kubeletConfig(layout),
    'scheduler.json': schedulerConfig(join(kubeconfigs, 'kube-scheduler')),
    'proxy.json': proxyConfig(join(kubeconfigs, 'kube-proxy'), layout),
    Corefile: corefile(join(kubeconfigs, 'coredns'), layout),
    'audit.json': auditPolicy(),
  };
  for (const [file, text] of Object.entries(files)) await writeSecret(join(configuration, file), text);
}

async function writeCredentials(layout: Layout, now: Date): Promise<void> {
  const { name, nodeName, pki, kubeconfigs, subnets, apiServer } = layout;
  const authority = await createAuthority(now, `otto ${name}`);
  const save = async (file: string, pair: KeyPair): Promise<void> => {
    await writeSecret(join(pki, `${file}.crt`), pair.certificate);
    await writeSecret(join(pki, `${file}.key`), pair.key);
  };
  await save('ca', authority.pem);
  await save(
    'apiserver',
    await authority.sign({
      commonName: 'kube-apiserver',
      usage: 'server',
      dns: [
        'kubernetes',
        'kubernetes.default',
        'kubernetes.default.svc',
        'kubernetes.default.svc.cluster.local',
        'localhost',
      ],
      addresses: [subnets.apiService, subnets.nodeAddress, '127.0.0.1'],
    }),
  );
  await save(
    'kubelet-server',
    await authority.sign({
      commonName: nodeName,
      usage: 'server',
      dns: [nodeName],
      addresses: [subnets.nodeAddress],
    }),
  );
  await save(
    'apiserver-kubelet',
    await authority.sign({
      commonName: 'kube-apiserver-kubelet-client',
      organization: 'system:masters',
      usage: 'client',
    }),
  );

  const clients: readonly (readonly [string, string, string?])[] = [
    ['kube-controller-manager', 'system:kube-controller-manager'],
    ['kube-scheduler', 'system:kube-scheduler'],
    ['kube-proxy', 'system:kube-proxy'],
    ['coredns', 'system:coredns'],
    ['kubelet', `system:node:${nodeName}`, 'system:nodes'],
  ];
  const access = { cluster: `otto-${name}`, server: apiServer, authority: authority.pem.certificate };
  for (const [component, commonName, organization] of clients) {
    const request = { commonName, usage: 'client' as const };
    const credentials = await authority.sign(
      organization === undefined ? request : { ...request, organization },
    );
    await writeSecret(
      join(kubeconfigs, component),
      renderKubeconfig({ ...access, user: component, credentials }),
    );
  }

  const token = randomBytes(32).toString('hex');
  await writeSecret(join(pki, 'tokens.csv'), `${token},otto-admin,otto-admin,"system:masters"\n`);
  await writeSecret(
    layout.kubeconfig,
    renderKubeconfig({ ...access, user: `otto-${name}-admin`, credentials: { token } }),
  );

  const serviceAccounts = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  await writeSecret(join(pki, 'service-accounts.pub'), serviceAccounts.publicKey);
  await writeSecret(join(pki, 'service-accounts.key'), serviceAccounts.privateKey);
}

async function writeSecret(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600 });
}
