/** Where the API server is and who we are: from the pod's own files, or from a kubeconfig. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Credentials {
  server: string;
  token?: string;
  tls: { ca?: string; cert?: string; key?: string; insecure?: boolean };
}

/**
 * Asked before each request, so that a rotated token or CA is used as soon as it is there. `fresh`: what was given last
 * was refused. The same object means the same credentials.
 */
export type Access = (options?: { fresh?: boolean }) => Promise<Credentials>;

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const REREAD_MS = 60_000;
/** Refused again and again (no permission to do anything): not more often than this. */
const FRESH_MS = 1000;

/** Undefined outside a pod. The kubelet rotates token and CA in place; both are read anew each minute. */
export function inClusterAccess(
  env: NodeJS.ProcessEnv,
  folder: string = SERVICE_ACCOUNT,
): Access | undefined {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443';
  if (host === undefined) return undefined;
  return remembered(read);
  async function read(): Promise<Credentials> {
    const [token, ca] = await Promise.all([
      readFile(join(folder, 'token'), 'utf8'),
      readFile(join(folder, 'ca.crt'), 'utf8'),
    ]);
    const name = host?.includes(':') === true ? `[${host}]` : host;
    return { server: `https://${name}:${port}`, token: token.trim(), tls: { ca } };
  }
}

/** Reads again each minute, after a failure, and when asked to. */
function remembered(read: () => Promise<Credentials>): Access {
  let known: { at: number; value: Promise<Credentials> } | undefined;
  return ({ fresh = false } = {}) => {
    const now = performance.now();
    if (known === undefined || now - known.at > (fresh ? FRESH_MS : REREAD_MS)) {
      const reading = { at: now, value: read() };
      known = reading;
      reading.value.catch(() => {
        if (known === reading) known = undefined;
      });
    }
    return known.value;
  };
}

export interface KubeconfigOptions {
  /** Default: $KUBECONFIG, else ~/.kube/config. */
  file?: string | undefined;
  context?: string | undefined;
}

/** Loads the client library, which knows every kind of kubeconfig (exec plugins too), only when it is called. */
export async function kubeconfigAccess(
  options: KubeconfigOptions,
): Promise<{ access: Access; namespace: string; context: string }> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  if (options.file === undefined) config.loadFromDefault();
  else config.loadFromFile(options.file);
  if (options.context !== undefined) config.setCurrentContext(options.context);
  const context = config.getContextObject(config.getCurrentContext());
  const cluster = config.getCurrentCluster();
  if (context === null || cluster === null) {
    throw new Error(
      `kubeconfig has no context '${config.getCurrentContext()}'; there are: ${config.contexts.map((c) => c.name).join(', ')}`,
    );
  }
  const access = remembered(async () => {
    const tls: { ca?: unknown; cert?: unknown; key?: unknown; headers?: Record<string, string> } = {};
    await config.applyToHTTPSOptions(tls);
    const header = tls.headers?.['Authorization'];
    return {
      server: cluster.server,
      ...(header?.startsWith('Bearer ') === true ? { token: header.slice('Bearer '.length) } : {}),
      tls: {
        ...(tls.ca === undefined ? {} : { ca: text(tls.ca) }),
        ...(tls.cert === undefined ? {} : { cert: text(tls.cert) }),
        ...(tls.key === undefined ? {} : { key: text(tls.key) }),
        insecure: cluster.skipTLSVerify,
      },
    };
  });
  return { access, namespace: context.namespace ?? 'default', context: context.name };
}

function text(value: unknown): string {
  return Buffer.isBuffer(value) ? value.toString('utf8') : String(value);
}
