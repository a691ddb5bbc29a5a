/** Runs and Pipelines by the names that people type. */
import type { KubeObject } from '../api/kubernetes.ts';
import type { Pipeline } from '../api/pipeline.ts';
import type { Run } from '../api/run.ts';
import { isNotFound } from '../kube/errors.ts';
import { PIPELINES, type ResourceType, RUNS } from '../kube/resource.ts';
import { didYouMean } from '../plan/did-you-mean.ts';
import type { Cluster } from './cluster.ts';
import { CliError } from './failure.ts';
import { listAll } from './list-all.ts';

export type Kind = 'run' | 'pipeline';

const KINDS: { readonly [word: string]: Kind } = {
  run: 'run',
  runs: 'run',
  pipeline: 'pipeline',
  pipelines: 'pipeline',
  pl: 'pipeline',
};

/** `runs`, `pl`, `pipelines.otto.dev`: the words that kubectl takes. */
export function kindOf(word: string): Kind | undefined {
  const plain = word.toLowerCase().replace(/\.otto\.dev$/, '');
  return Object.hasOwn(KINDS, plain) ? KINDS[plain] : undefined;
}

/** `NAME`, or `KIND/NAME` as `-o name` prints it. */
export function parseReference(text: string): { kind: Kind | undefined; name: string } {
  const slash = text.indexOf('/');
  const kind = slash === -1 ? undefined : kindOf(text.slice(0, slash));
  return kind === undefined ? { kind: undefined, name: text } : { kind, name: text.slice(slash + 1) };
}

export async function getRun(cluster: Cluster, reference: string): Promise<Run> {
  return await getNamed(cluster, RUNS, parseReference(reference).name);
}

export async function getPipeline(cluster: Cluster, reference: string): Promise<Pipeline> {
  return await getNamed(cluster, PIPELINES, parseReference(reference).name);
}

/** @throws CliError when the namespace has no Run at all, or none of that Pipeline. */
export async function newestRun(cluster: Cluster, pipeline?: string): Promise<Run> {
  const { items } = await listAll(cluster.client, RUNS, { namespace: cluster.namespace });
  const runs = items.filter((run) => pipeline === undefined || run.spec.pipelineRef?.name === pipeline);
  const newest = newestFirst(runs)[0];
  if (newest !== undefined) return newest;
  const of = pipeline === undefined ? '' : ` of Pipeline '${pipeline}'`;
  throw new CliError(
    `there is no Run${of} in namespace '${cluster.namespace}'`,
    `Start one: otto start ${pipeline ?? 'PIPELINE'}. Another namespace is chosen with -n.`,
  );
}

export function newestFirst<T extends KubeObject>(objects: readonly T[]): T[] {
  const created = (object: T): string => object.metadata.creationTimestamp ?? '';
  return objects.toSorted((a, b) => {
    if (created(a) !== created(b)) return created(a) < created(b) ? 1 : -1;
    return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
  });
}

async function getNamed<T extends KubeObject>(
  cluster: Cluster,
  type: ResourceType<T>,
  name: string,
): Promise<T> {
  const { client, namespace } = cluster;
  try {
    return await client.get(type, { namespace, name });
  } catch (error) {
    // A server without Otto's kinds also answers 404, and says so when it is asked for the list.
    if (!isNotFound(error)) throw error;
    const { items } = await listAll(client, type, { namespace });
    const known = items.map((item) => item.metadata.name ?? '');
    const none = known.length === 0 ? ` There is none in it.` : didYouMean(name, known);
    throw new CliError(
      `there is no ${type.kind} '${name}' in namespace '${namespace}'.${none}`,
      'Another namespace is chosen with -n; `otto get ' + type.plural + ' -A` lists those of all.',
    );
  }
}
