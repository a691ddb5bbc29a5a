// The operator as the chart would run it (its settings, its rights, its Node flags), as a process of this machine.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, symlinkSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import type { Cluster } from '../cluster/contract.ts';
import { stage } from '../image/stage.ts';
import { apply, kubectlOf } from '../install/kubectl.ts';
import { run } from '../tools/command.ts';
import { tool } from '../tools/tools.ts';
import { endOf, tied } from './process.ts';
import { eventually } from './wait.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const NAMESPACE = 'otto';
const START_MS = 30_000;
const STOP_MS = 15_000;

export interface HostOperatorOptions {
  readonly cluster: Cluster;
  /** For the compiled program, its credentials and logs. */
  readonly folder: string;
  /** Before the program's name: a profiler's, say. */
  readonly nodeFlags?: readonly string[];
}

interface Prepared extends HostOperatorOptions {
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly credentials: string;
}

/** Compiles it and applies all of the chart but the Deployment, whose environment the process gets. */
export async function prepareOperator(options: HostOperatorOptions): Promise<Prepared> {
  const { cluster, folder } = options;
  await stage({ root, target: folder, keepRuntime: true });
  const otto = join(folder, 'app', 'otto');
  symlinkSync(join(root, 'node_modules'), join(otto, 'node_modules'));
  const kubectl = await kubectlOf(cluster);
  const objects = await chart();
  await apply(kubectl, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  // Definitions first: the rest may be of their kinds.
  const isDefinition = (object: Manifest): boolean => object.kind === 'CustomResourceDefinition';
  for (const wanted of [isDefinition, (object: Manifest) => !isDefinition(object)]) {
    const list = objects.filter((object) => object.kind !== 'Deployment' && wanted(object));
    await apply(kubectl, { apiVersion: 'v1', kind: 'List', items: list });
    if (wanted === isDefinition) {
      await kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
    }
  }
  const { server, ca } = serverOf(cluster);
  const credentials = join(folder, 'credentials');
  await mkdir(credentials, { recursive: true });
  const token = await kubectl(['-n', NAMESPACE, 'create', 'token', 'otto', '--duration=2h']);
  await writeFile(join(credentials, 'token'), token.trim(), { mode: 0o600 });
  await writeFile(join(credentials, 'ca.crt'), ca);
  return {
    ...options,
    program: join(otto, 'dist/src/cli/main.js'),
    credentials,
    environment: {
      ...environmentOf(objects),
      OTTO_NAMESPACE: NAMESPACE,
      OTTO_OBSERVE_PORT: '0',
      OTTO_REPORTS_PORT: '0',
      KUBERNETES_SERVICE_HOST: server.hostname,
      KUBERNETES_SERVICE_PORT: server.port === '' ? '443' : server.port,
    },
  };
}

export interface HostOperator {
  readonly pid: number;
  /** Ends it as the kubelet would, and waits. */
  stop(): Promise<void>;
}

/** Returns when it leads. */
export async function startOperator(prepared: Prepared, name: string): Promise<HostOperator> {
  const logFile = join(prepared.folder, `${name}.log`);
  const log = openSync(logFile, 'w');
  // A pod's credentials lie at a fixed place; a mount namespace of its own has it without touching the machine.
  const script = [
    'mount -t tmpfs tmpfs /var/run',
    'mkdir -p /var/run/secrets/kubernetes.io/serviceaccount',
    'cp "$1"/* /var/run/secrets/kubernetes.io/serviceaccount/',
    'shift',
    'exec "$@"',
  ].join(' && ');
  const argv = [process.execPath, ...(prepared.nodeFlags ?? []), prepared.program, 'operator'];
  let child: ChildProcess;
  try {
    child = spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', prepared.credentials, ...argv], {
      stdio: ['ignore', log, log],
      env: { PATH: process.env['PATH'] ?? '', ...prepared.environment, OTTO_IDENTITY: name },
    });
  } finally {
    closeSync(log);
  }
  tied(child);
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await endOf(child, STOP_MS);
  };
  try {
    await eventually(`the operator leads (see ${logFile})`, START_MS, () => {
      if (child.exitCode !== null) throw new Error(`the operator ended: see ${logFile}`);
      return readFileSync(logFile, 'utf8').includes('this process leads');
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid: child.pid ?? 0, stop };
}

interface Manifest {
  readonly kind?: string;
  readonly spec?: {
    readonly template?: {
      readonly spec?: {
        readonly containers?: readonly { readonly env?: readonly { name: string; value?: string }[] }[];
      };
    };
  };
}

/** What `helm install` without a value would apply. */
async function chart(): Promise<Manifest[]> {
  const helm = await tool('helm');
  const argv = [helm, 'template', 'otto', join(root, 'charts/otto'), `--namespace=${NAMESPACE}`];
  const { stdout } = await run([...argv, '--kube-version=1.35.4']);
  const documents = parseAllDocuments(stdout);
  if (!Array.isArray(documents)) return [];
  return documents.map((document): Manifest | null => document.toJS()).filter((object) => object !== null);
}

function environmentOf(objects: readonly Manifest[]): Record<string, string> {
  const deployment = objects.find(({ kind }) => kind === 'Deployment');
  const env = deployment?.spec?.template?.spec?.containers?.[0]?.env ?? [];
  const given = env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]));
  return Object.fromEntries(given);
}

export function serverOf(cluster: Cluster): { server: URL; ca: string } {
  const text = readFileSync(cluster.kubeconfig, 'utf8');
  const server = text.match(/"?server"?:\s*"?(https:[^"\s]+)/)?.[1];
  const ca = text.match(/"?certificate-authority-data"?:\s*"?([A-Za-z0-9+/=]+)/)?.[1];
  if (server === undefined || ca === undefined)
    throw new Error(`${cluster.kubeconfig} names no server and CA`);
  return { server: new URL(server), ca: Buffer.from(ca, 'base64').toString('utf8') };
}
