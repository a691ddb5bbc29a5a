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
    .argument('<pipeline>', 'name of the Pipeline')
    .option(
      '-p, --param <name=value>',
      'a parameter; again for more, and for more items of a list',
      collect,
      [],
    )
    .option('--params-file <file>', 'parameters as YAML or JSON (`-`: standard input); -p wins')
    .option('--revision <sha>', 'commit to check out')
    .option('--branch <name>', 'branch that it is for')
    .option('--tag <name>', 'tag that it is for')
    .option('--name <name>', 'name of the Run (default: PIPELINE-xxxxx)')
    .option('-f, --follow', 'show it going to its end, and exit as it ended')
    .option('--dry-run', 'check all, create nothing, print the Run')
    .option('-o, --output <format>', 'json, yaml or name')
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
      `Pipeline '${name}' cannot be run: ${listed(ready.message.split('\n'))}`,
      `See: otto describe pipeline/${name}`,
    );
  }
  const read = readParams(name, pipeline.spec.params ?? [], { flags: flags.param, file });
  if ('problems' in read) {
    throw new UsageError(listed(read.problems), `Parameters of '${name}': otto describe pipeline/${name}`);
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

/** One stays on its line, more have each their own. */
function listed(problems: readonly string[]): string {
  return problems.length === 1 ? (problems[0] ?? '') : problems.map((problem) => `\n  ${problem}`).join('');
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
