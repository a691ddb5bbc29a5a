// What a cluster has beyond its processes: rights for kube-proxy and CoreDNS, and the DNS service. CoreDNS is
// a process of the node and no pod, so that no image is needed for it; the service points at the node.
import type { Api } from './api.ts';
import type { Layout } from './layout.ts';

interface Addon {
  readonly path: string;
  readonly body: unknown;
}

const rbac = '/apis/rbac.authorization.k8s.io/v1';

function binding(name: string, user: string, role: string): Addon {
  return {
    path: `${rbac}/clusterrolebindings/${name}`,
    body: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    },
  };
}

export function addons({ subnets }: Layout): readonly Addon[] {
  const ports = [
    { name: 'dns', protocol: 'UDP', port: 53 },
    { name: 'dns-tcp', protocol: 'TCP', port: 53 },
  ];
  return [
    binding('otto-dev:kube-proxy', 'system:kube-proxy', 'system:node-proxier'),
    {
      path: `${rbac}/clusterroles/otto-dev:coredns`,
      body: {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: 'otto-dev:coredns' },
        rules: [
          {
            apiGroups: [''],
            resources: ['services', 'namespaces', 'pods', 'endpoints'],
            verbs: ['list', 'watch'],
          },
          { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
        ],
      },
    },
    binding('otto-dev:coredns', 'system:coredns', 'otto-dev:coredns'),
    {
      path: '/api/v1/namespaces/kube-system/services/kube-dns',
      body: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'kube-dns', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
        spec: { clusterIP: subnets.dnsService, ports },
      },
    },
    {
      path: '/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices/kube-dns',
      body: {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          name: 'kube-dns',
          namespace: 'kube-system',
          labels: {
            'kubernetes.io/service-name': 'kube-dns',
            'endpointslice.kubernetes.io/managed-by': 'otto-dev',
          },
        },
        addressType: 'IPv4',
        endpoints: [{ addresses: [subnets.nodeAddress], conditions: { ready: true } }],
        ports,
      },
    },
  ];
}

/** Server-side apply, so that it may be done again at any time. */
export async function applyAddons(api: Api, layout: Layout): Promise<void> {
  for (const { path, body } of addons(layout)) {
    const answer = await api.call('PATCH', `${path}?fieldManager=otto-dev&force=true`, body);
    if (answer.status >= 300)
      throw new Error(`PATCH ${path} was answered with ${answer.status}: ${answer.body}`);
  }
}
