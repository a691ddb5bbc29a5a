// The command line of each component, in the order in which they start.
import { join } from 'node:path';
import type { Layout } from './layout.ts';

export const componentNames = [
  'etcd',
  'containerd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'coredns',
] as const;
export type ComponentName = (typeof componentNames)[number];

export function isComponent(name: string): name is ComponentName {
  return componentNames.some((known) => known === name);
}

export interface Programs {
  /** The multi-call program; the component is its first argument. */
  readonly kubernetes: string;
  readonly containerd: string;
  readonly coredns: string;
}

export interface ComponentOptions {
  readonly audit: boolean;
}

export function commandOf(
  name: ComponentName,
  layout: Layout,
  programs: Programs,
  { audit }: ComponentOptions,
): readonly string[] {
  const { folder, pki, kubeconfigs, configuration, logs, subnets, nodeName, apiServer } = layout;
  const kubernetes = (...flags: string[]): readonly string[] => [programs.kubernetes, name, ...flags];
  const kubeconfig = join(kubeconfigs, name);
  switch (name) {
    case 'etcd':
      return kubernetes(
        `--data-dir=${join(folder, 'etcd')}`,
        '--listen-client-urls=http://127.0.0.1:2379',
        '--advertise-client-urls=http://127.0.0.1:2379',
        '--listen-peer-urls=http://127.0.0.1:2380',
        // A cluster for tests may lose its data with the machine, and is three times as fast.
        '--unsafe-no-fsync',
        `--listen-metrics-urls=http://${subnets.nodeAddress}:2381`,
        '--log-level=warn',
      );
    case 'containerd':
      return [programs.containerd, '--config', join(configuration, 'containerd.toml')];
    case 'kube-apiserver':
      return kubernetes(
        '--etcd-servers=http://127.0.0.1:2379',
        `--advertise-address=${subnets.nodeAddress}`,
        '--secure-port=6443',
        `--service-cluster-ip-range=${subnets.services}`,
        `--tls-cert-file=${join(pki, 'apiserver.crt')}`,
        `--tls-private-key-file=${join(pki, 'apiserver.key')}`,
        `--client-ca-file=${join(pki, 'ca.crt')}`,
        `--token-auth-file=${join(pki, 'tokens.csv')}`,
        '--authorization-mode=Node,RBAC',
        '--enable-admission-plugins=NodeRestriction',
        '--allow-privileged=true',
        '--service-account-issuer=https://kubernetes.default.svc',
        `--service-account-key-file=${join(pki, 'service-accounts.pub')}`,
        `--service-account-signing-key-file=${join(pki, 'service-accounts.key')}`,
        `--kubelet-certificate-authority=${join(pki, 'ca.crt')}`,
        `--kubelet-client-certificate=${join(pki, 'apiserver-kubelet.crt')}`,
        `--kubelet-client-key=${join(pki, 'apiserver-kubelet.key')}`,
        '--kubelet-preferred-address-types=InternalIP',
        ...(audit
          ? [
              `--audit-policy-file=${join(configuration, 'audit.json')}`,
              `--audit-log-path=${join(logs, 'audit.log')}`,
              '--audit-log-maxsize=1000',
              '--audit-log-maxbackup=2',
            ]
          : []),
      );
    case 'kube-controller-manager':
      return kubernetes(
        `--kubeconfig=${kubeconfig}`,
        `--bind-address=${subnets.nodeAddress}`,
        '--leader-elect=false',
        '--use-service-account-credentials=true',
        `--service-account-private-key-file=${join(pki, 'service-accounts.key')}`,
        `--root-ca-file=${join(pki, 'ca.crt')}`,
        `--cluster-signing-cert-file=${join(pki, 'ca.crt')}`,
        `--cluster-signing-key-file=${join(pki, 'ca.key')}`,
        '--kube-api-qps=500',
        '--kube-api-burst=1000',
      );
    case 'kube-scheduler':
      return kubernetes(
        `--config=${join(configuration, 'scheduler.json')}`,
        `--bind-address=${subnets.nodeAddress}`,
      );
    case 'kubelet':
      return kubernetes(
        `--config=${join(configuration, 'kubelet.json')}`,
        `--kubeconfig=${kubeconfig}`,
        `--root-dir=${join(folder, 'kubelet')}`,
        `--cert-dir=${join(folder, 'kubelet', 'pki')}`,
        `--hostname-override=${nodeName}`,
        `--node-ip=${subnets.nodeAddress}`,
      );
    case 'kube-proxy':
      return kubernetes(`--config=${join(configuration, 'proxy.json')}`);
    case 'coredns':
      return [programs.coredns, '-conf', join(configuration, 'Corefile')];
    default:
      throw new Error(`no component ${String(name satisfies never)} of ${apiServer}`);
  }
}
