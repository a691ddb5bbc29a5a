// Which tools there are and how each is built. Go modules and nothing else: a proxy for those is what one can
// count on wherever this project is built, and their checksums are in Go's own database.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const toolNames = [
  'kubernetes',
  'kubectl',
  'helm',
  'kind',
  'coredns',
  'kwok',
  'pause',
  'kstatus',
] as const;
export type ToolName = (typeof toolNames)[number];

export type Build =
  /** `go install MODULE@VERSION`. */
  | { readonly kind: 'install'; readonly package: string }
  /** `go build` of packages in a module of this repository, all at once; its files are part of the version. */
  | { readonly kind: 'folder'; readonly folder: string; readonly packages: readonly string[] };

export interface Tool {
  readonly version: string;
  readonly build: Build;
  /** `-X` values of the linker, for programs that report their version. */
  readonly stamps: Readonly<Record<string, string>>;
}

const cluster = join(dirname(fileURLToPath(import.meta.url)), '..', 'cluster');
const component = 'k8s.io/component-base/version';

const kubernetes: Tool = {
  version: 'v1.35.4',
  build: { kind: 'folder', folder: join(cluster, 'kubernetes'), packages: ['.', './coredns'] },
  stamps: {
    [`${component}.gitVersion`]: 'v1.35.4',
    [`${component}.gitMajor`]: '1',
    [`${component}.gitMinor`]: '35',
  },
};

export const catalogue: Readonly<Record<ToolName, Tool>> = {
  // etcd, the API server, controllers, scheduler, kubelet, kube-proxy and kubectl in one program, and CoreDNS beside it.
  kubernetes,
  kubectl: kubernetes,
  coredns: kubernetes,
  helm: {
    version: 'v3.22.0',
    build: { kind: 'install', package: 'helm.sh/helm/v3/cmd/helm' },
    stamps: {
      'helm.sh/helm/v3/internal/version.version': 'v3.22.0',
      // The Kubernetes that it renders for where it asks no cluster; without these it is 1.20.
      'helm.sh/helm/v3/pkg/lint/rules.k8sVersionMajor': '1',
      'helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor': '37',
      'helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor': '1',
      'helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor': '37',
    },
  },
  kind: { version: 'v0.33.0', build: { kind: 'install', package: 'sigs.k8s.io/kind' }, stamps: {} },
  kwok: { version: 'v0.8.0', build: { kind: 'install', package: 'sigs.k8s.io/kwok/cmd/kwok' }, stamps: {} },
  pause: {
    version: 'v1',
    build: { kind: 'folder', folder: join(cluster, 'pause'), packages: ['.'] },
    stamps: {},
  },
  // The library by which Flux, kpt and others tell how a resource is, as a program for e2e tests.
  kstatus: {
    version: 'v0.37.2',
    build: { kind: 'folder', folder: join(cluster, '..', '..', 'e2e', 'kstatus'), packages: ['.'] },
    stamps: {},
  },
};
