// The configuration files of the node's components, as text.
import { join } from 'node:path';
import type { Layout } from './layout.ts';

export interface NodePrograms {
  /** Folder of the CNI plugins. */
  readonly cni: string;
  readonly sandboxImage: string;
}

export function containerdConfig(layout: Layout, { cni, sandboxImage }: NodePrograms): string {
  const folder = join(layout.folder, 'containerd');
  const text = JSON.stringify;
  return `version = 2
root = ${text(join(folder, 'root'))}
state = ${text(join(folder, 'state'))}

[grpc]
  address = ${text(layout.containerdSocket)}

[plugins."io.containerd.internal.v1.opt"]
  path = ${text(join(folder, 'opt'))}

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${text(sandboxImage)}
  # Inside of most containers and virtual machines the score cannot be lowered below one's own.
  restrict_oom_score_adj = true
  # Pods' network namespaces go with the state folder and are not left in /run/netns.
  netns_mounts_under_state_dir = true
  # Any user may listen on low ports in its own network namespace, as Docker and newer containerd have it.
  enable_unprivileged_ports = true
  # A line that a step prints is not cut before 1 MiB.
  max_container_log_line_size = 1048576

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = ${text(cni)}
    conf_dir = ${text(join(layout.configuration, 'cni'))}

  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
`;
}

/**
 * One routed veth a pod and no bridge: traffic between two pods of the node passes the namespace's own
 * rules, so service addresses work between them without br_netfilter.
 */
export function cniConfig({ folder, subnets }: Layout): string {
  return json({
    cniVersion: '0.4.0',
    name: 'otto',
    plugins: [
      {
        type: 'ptp',
        ipMasq: false,
        ipam: {
          type: 'host-local',
          dataDir: join(folder, 'cni'),
          ranges: [[{ subnet: subnets.pods }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
    ],
  });
}

export function kubeletConfig(layout: Layout): string {
  const { pki, subnets, cgroup, folder } = layout;
  return json({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: join(pki, 'ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: join(pki, 'kubelet-server.crt'),
    tlsPrivateKeyFile: join(pki, 'kubelet-server.key'),
    containerRuntimeEndpoint: `unix://${layout.containerdSocket}`,
    address: subnets.nodeAddress,
    healthzBindAddress: subnets.nodeAddress,
    clusterDomain: 'cluster.local',
    clusterDNS: [subnets.dnsService],
    resolvConf: '',
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    enforceNodeAllocatable: [],
    failSwapOn: false,
    maxPods: 250,
    podLogsDir: join(folder, 'kubelet', 'pod-logs'),
    volumePluginDir: join(folder, 'kubelet', 'volume-plugins'),
    // Images were loaded by hand and cannot be pulled again: never delete one, whatever the disk says.
    imageGCHighThresholdPercent: 100,
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    registryPullQPS: 0,
    serializeImagePulls: false,
    shutdownGracePeriod: '0s',
  });
}

export function schedulerConfig(kubeconfig: string): string {
  return json({
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    kind: 'KubeSchedulerConfiguration',
    leaderElection: { leaderElect: false },
    // The defaults (50 a second) would be what a benchmark measures.
    clientConnection: { kubeconfig, qps: 1000, burst: 2000 },
  });
}

export function proxyConfig(kubeconfig: string, { subnets, nodeName }: Layout): string {
  return json({
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    clientConnection: { kubeconfig },
    clusterCIDR: subnets.pods,
    hostnameOverride: nodeName,
    healthzBindAddress: `${subnets.nodeAddress}:10256`,
    metricsBindAddress: '127.0.0.1:10249',
    // These are settings of the whole machine, not of the namespace: they stay as they are.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    nftables: { minSyncPeriod: '100ms' },
  });
}

/**
 * Only the cluster's own names: what it does not know does not exist, and no question leaves the machine. Two server
 * blocks, since CoreDNS asks `template` before `kubernetes`, whatever the order in a block.
 */
export function corefile(kubeconfig: string, { subnets }: Layout): string {
  return `cluster.local:53 in-addr.arpa:53 {
  bind ${subnets.nodeAddress}
  errors
  ready ${subnets.nodeAddress}:8181
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${kubeconfig}
    ttl 5
  }
}
.:53 {
  bind ${subnets.nodeAddress}
  template ANY ANY {
    rcode NXDOMAIN
  }
}
`;
}

export function auditPolicy(): string {
  return json({
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [{ level: 'Metadata' }],
  });
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
