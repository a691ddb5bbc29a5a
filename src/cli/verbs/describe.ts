import type { Command } from 'commander';
import type { Pipeline } from '../../api/pipeline.ts';
import type { Run } from '../../api/run.ts';
import { RUNS } from '../../kube/resource.ts';
import type { Cluster } from '../cluster.ts';
import { describePipeline } from '../describe-pipeline.ts';
import { describeRun } from '../describe-run.ts';
import { UsageError } from '../failure.ts';
import { getPipeline, getRun, type Kind, newestFirst, newestRun } from '../find.ts';
import { listAll } from '../list-all.ts';
import type { Look } from '../look.ts';
import { parseFormat, renderObject } from '../output.ts';
import { shapesOf } from '../shapes.ts';
import { examples, type VerbContext } from '../verb.ts';
import { readWhat } from './get.ts';

export function setUp(command: Command, context: VerbContext): void {
  command
    .argument('[what...]', 'name of a Run, or pipeline/NAME (default: the newest Run)')
    .option('-o, --output <format>', 'json, yaml or name: the object as it is')
    .action((what: string[], flags: { output?: string }) => describe(what, flags.output, context));
  examples(command, 'otto describe webapp-x7k2p', 'otto describe pipeline/webapp');
}

async function describe(
  what: readonly string[],
  output: string | undefined,
  context: VerbContext,
): Promise<void> {
  const { io } = context;
  const format = parseFormat(output, ['json', 'yaml', 'name']);
  const { kind, names } = readWhat(what);
  const cluster = await context.connect();
  if (kind === 'pipeline' && names.length === 0)
    throw new UsageError('which Pipeline? otto get pipelines lists them');
  const texts: string[] = [];
  for (const name of names.length === 0 ? [undefined] : names) {
    const object = await find(kind, name, cluster, context);
    if (format !== undefined) texts.push(await renderObject(object, format));
    else texts.push((await describeObject(object, cluster, io.look())).join('\n'));
  }
  io.print(texts.join(format === 'yaml' ? '\n---\n' : format === undefined ? '\n\n' : '\n'));
}

async function find(
  kind: Kind,
  name: string | undefined,
  cluster: Cluster,
  { io }: VerbContext,
): Promise<Run | Pipeline> {
  if (name !== undefined)
    return kind === 'run' ? await getRun(cluster, name) : await getPipeline(cluster, name);
  const run = await newestRun(cluster);
  io.note(`Run ${run.metadata.name ?? ''}, the newest:`);
  return run;
}

async function describeObject(object: Run | Pipeline, cluster: Cluster, look: Look): Promise<string[]> {
  if (isRun(object)) return describeRun(object, await shapesOf(object, cluster), look);
  const { items } = await listAll(cluster.client, RUNS, { namespace: cluster.namespace });
  const own = items.filter(({ spec }) => spec.pipelineRef?.name === object.metadata.name);
  return describePipeline(object, newestFirst(own), look);
}

function isRun(object: Run | Pipeline): object is Run {
  return object.kind === RUNS.kind;
}
