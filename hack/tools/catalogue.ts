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
  'kubeconform',
  'pause',
] as const;
export type ToolName = (typeof toolNames)[number];

export type Build =
  /** `go install MODULE@VERSION`. */
  | { readonly kind: 'install'; readonly package: string }
  /** `go build` in a folder of this repository; its files are part of the version. */
  | { readonly kind: 'folder'; readonly folder: string };

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
  build: { kind: 'folder', folder: join(cluster, 'kubernetes') },
  stamps: {
    [`${component}.gitVersion`]: 'v1.35.4',
    [`${component}.gitMajor`]: '1',
    [`${component}.gitMinor`]: '35',
  },
};

export const catalogue: Readonly<Record<ToolName, Tool>> = {
  // etcd, the API server, controllers, scheduler, kubelet, kube-proxy and kubectl in one program.
  kubernetes,
  kubectl: kubernetes,
  helm: {
    version: 'v3.22.0',
    build: { kind: 'install', package: 'helm.sh/helm/v3/cmd/helm' },
    stamps: { 'helm.sh/helm/v3/internal/version.version': 'v3.22.0' },
  },
  kind: { version: 'v0.33.0', build: { kind: 'install', package: 'sigs.k8s.io/kind' }, stamps: {} },
  coredns: {
    version: 'v1.14.2',
    build: { kind: 'install', package: 'github.com/coredns/coredns' },
    stamps: {},
  },
  kwok: { version: 'v0.8.0', build: { kind: 'install', package: 'sigs.k8s.io/kwok/cmd/kwok' }, stamps: {} },
  kubeconform: {
    version: 'v0.7.0',
    build: { kind: 'install', package: 'github.com/yannh/kubeconform/cmd/kubeconform' },
    stamps: {},
  },
  pause: { version: 'v1', build: { kind: 'folder', folder: join(cluster, 'pause') }, stamps: {} },
};
