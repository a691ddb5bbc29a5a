import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { API_VERSION, LABEL_PIPELINE } from '../../api/names.ts';
import type { Json, Pipeline } from '../../api/pipeline.ts';
import type { Run, RunSource } from '../../api/run.ts';
import { isAlreadyExists } from '../../kube/errors.ts';
import { RUNS } from '../../kube/resource.ts';
import { labelValue } from '../../operator/pod/label-value.ts';
import { CliError, UsageError } from '../failure.ts';
import { getPipeline } from '../find.ts';
import { followToEnd } from '../follow-to-end.ts';
import type { Io } from '../io.ts';
import { shapesOfSpec } from '../outline.ts';
import { parseFormat, renderObject, resourceName } from '../output.ts';
import { readParams, type Values } from '../params.ts';
import { examples, type VerbContext } from '../verb.ts';

interface StartFlags {
  param: string[];
  paramsFile?: string;
  revision?: string;
  branch?: string;
  tag?: string;
  name?: string;
  follow?: true;
  dryRun?: true;
  output?: string;
}

export function setUp(command: Command, context: VerbContext): void {
  command
    .argument('PIPELINE', 'name of the Pipeline')
    .option(
      '-p, --param NAME=VALUE',
      'a parameter; again for more, and for more items of a list',
      collect,
      [],
    )
    .option('--params-file FILE', 'parameters as YAML or JSON (`-`: standard input); -p wins')
    .option('--revision SHA', 'commit to check out')
    .option('--branch NAME', 'branch that it is for')
    .option('--tag NAME', 'tag that it is for')
    .option('--name NAME', 'name of the Run (default: PIPELINE-xxxxx)')
    .option('-f, --follow', 'show it going to its end, and exit as it ended')
    .option('--dry-run', 'check all, create nothing, print the Run')
    .option('-o, --output FORMAT', 'json, yaml or name')
    .action((pipeline: string, flags: StartFlags) => start(pipeline, flags, context));
  examples(
    command,
    'otto start webapp -p version=1.4 -p dryRun=true --follow',
    'otto start webapp --branch main --revision 4f0c12a',
    `otto start webapp -p 'regions=["eu", "us"]'   # or: -p regions=eu -p regions=us`,
    'otto logs -f $(otto start webapp -o name)',
    'otto start webapp --dry-run -o yaml > run.yaml',
  );
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

async function start(reference: string, flags: StartFlags, context: VerbContext): Promise<void> {
  const { io } = context;
  const format = parseFormat(flags.output, ['json', 'yaml', 'name']);
  const file = flags.paramsFile === undefined ? {} : await readParamsFile(flags.paramsFile, io);
  const cluster = await context.connect();
  const pipeline = await getPipeline(cluster, reference);
  const run = runOf(pipeline, flags, file);
  if (flags.dryRun === true) {
    io.print(await renderObject(run, format ?? 'yaml'));
    return;
  }
  const created = await create(run);
  const { name = '' } = created.metadata;
  if (format === undefined && flags.follow !== true) {
    io.print(`${resourceName(created)} created`);
    if (io.isTerminal) io.note(`Follow it: otto logs -f ${name}`);
  } else if (format !== undefined && flags.follow !== true) {
    io.print(await renderObject(created, format));
  } else {
    const ended = await followToEnd(cluster, created, shapesOfSpec(pipeline.spec), {
      context,
      // The result that was asked for has standard output for itself.
      quiet: format !== undefined,
    });
    if (ended !== undefined && format !== undefined) io.print(await renderObject(ended, format));
  }

  async function create(run: Run): Promise<Run> {
    try {
      return await cluster.client.create(RUNS, cluster.namespace, run);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      throw new CliError(
        `there is a Run '${flags.name ?? ''}' in namespace '${cluster.namespace}' already`,
        'Choose another --name, or leave it out.',
      );
    }
  }
}

/** @throws CliError, UsageError when the Run could not work. */
function runOf(pipeline: Pipeline, flags: StartFlags, file: Values): Run {
  const { name = '', namespace, generation } = pipeline.metadata;
  const ready = pipeline.status?.conditions?.find(({ type }) => type === 'Ready');
  // What an older version of it was told is nothing to this one.
  if (ready?.status === 'False' && (ready.observedGeneration ?? generation) === generation) {
    throw new CliError(
      `Pipeline '${name}' cannot be run: ${ready.message}`,
      `See: otto describe pipeline/${name}`,
    );
  }
  const read = readParams(name, pipeline.spec.params ?? [], { flags: flags.param, file });
  if ('problems' in read) {
    const [first = '', ...more] = read.problems;
    const message = more.length === 0 ? first : `\n  ${read.problems.join('\n  ')}`;
    throw new UsageError(message, `Parameters of '${name}': otto describe pipeline/${name}`);
  }
  const { revision, branch, tag } = flags;
  const source: RunSource = {
    ...(revision === undefined ? {} : { revision }),
    ...(branch === undefined ? {} : { branch }),
    ...(tag === undefined ? {} : { tag }),
  };
  return {
    apiVersion: API_VERSION,
    kind: 'Run',
    metadata: {
      ...(flags.name === undefined ? { generateName: `${name}-` } : { name: flags.name }),
      ...(namespace === undefined ? {} : { namespace }),
      labels: { [LABEL_PIPELINE]: labelValue(name) },
    },
    spec: {
      pipelineRef: { name },
      ...(Object.keys(read.values).length === 0 ? {} : { params: read.values }),
      ...(Object.keys(source).length === 0 ? {} : { source }),
    },
  };
}

async function readParamsFile(file: string, io: Io): Promise<Values> {
  const { parse } = await import('yaml');
  let text: string;
  try {
    text = file === '-' ? await io.readInput() : await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read --params-file ${file}: ${error instanceof Error ? error.message : ''}`);
  }
  const what = `--params-file ${file}`;
  let parsed: unknown;
  try {
    parsed = parse(text);
  } catch (error) {
    throw new UsageError(`${what} is no YAML: ${error instanceof Error ? error.message : ''}`);
  }
  if (parsed === null || parsed === undefined) return {};
  if (typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw new UsageError(`${what} holds no parameters`, 'Write one `NAME: VALUE` a line.');
  }
  // The YAML core schema knows JSON's types alone.
  return Object.fromEntries(Object.entries(parsed).map(([name, value]: [string, Json]) => [name, value]));
}
