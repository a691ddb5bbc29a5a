/** The cluster that the flags, $KUBECONFIG or the pod around us name. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Access } from '../kube/access.ts';
import type { ApiClient } from '../kube/client.ts';
import { CliError, type Place, UsageError } from './failure.ts';

export interface Cluster extends Place {
  client: ApiClient;
}

export interface ClusterFlags {
  namespace?: string;
  context?: string;
  kubeconfig?: string;
}

const POD_NAMESPACE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/** @param found called as soon as it is known who will be spoken to, before anything is said. */
export async function connect(
  flags: ClusterFlags,
  env: NodeJS.ProcessEnv,
  found: (place: Place) => void,
): Promise<Cluster> {
  const { access, namespace, context } = await findAccess(flags, env);
  const { createClient } = await import('../kube/client.ts');
  const server = await serverOf(access, context);
  const place: Place = { server, context, namespace: flags.namespace ?? namespace };
  found(place);
  return { ...place, client: createClient({ access }) };
}

async function serverOf(access: Access, context: string): Promise<string> {
  try {
    return (await access()).server;
  } catch (error) {
    throw new CliError(
      `context '${context}' gives no credentials: ${messageOf(error)}`,
      'Run the login command of your cluster, or choose another context with --context.',
    );
  }
}

async function findAccess(
  flags: ClusterFlags,
  env: NodeJS.ProcessEnv,
): Promise<{ access: Access; namespace: string; context: string }> {
  const { inClusterAccess, kubeconfigAccess } = await import('../kube/access.ts');
  const files = kubeconfigFiles(flags, env);
  // As kubectl does: of those listed, the ones that are there.
  const present = files.filter((file) => existsSync(file));
  if (flags.kubeconfig !== undefined && present.length === 0) {
    throw new UsageError(`there is no kubeconfig ${flags.kubeconfig}`, 'Name one with --kubeconfig FILE.');
  }
  if (present.length === 0) {
    const access = inClusterAccess(env);
    if (access !== undefined) return { access, namespace: await podNamespace(), context: 'in-cluster' };
    throw new CliError(
      `no cluster is known: there is no ${files.join(' and no ')}`,
      'Name a kubeconfig with --kubeconfig FILE, or: export KUBECONFIG=FILE.',
    );
  }
  try {
    // Several are merged by the client library, which reads $KUBECONFIG itself.
    const file = present.length === 1 ? present[0] : undefined;
    return await kubeconfigAccess({ file, context: flags.context });
  } catch (error) {
    throw new UsageError(
      `kubeconfig ${files.join(delimiter)}: ${messageOf(error)}`,
      'Choose a context with --context, or another file with --kubeconfig.',
    );
  }
}

function kubeconfigFiles(flags: ClusterFlags, env: NodeJS.ProcessEnv): string[] {
  if (flags.kubeconfig !== undefined) return [flags.kubeconfig];
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  return listed.length > 0 ? listed : [join(homedir(), '.kube', 'config')];
}

async function podNamespace(): Promise<string> {
  try {
    return (await readFile(POD_NAMESPACE, 'utf8')).trim();
  } catch {
    return 'default';
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
