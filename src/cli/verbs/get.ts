import type { Command } from 'commander';
import type { KubeObject } from '../../api/kubernetes.ts';
import type { Pipeline } from '../../api/pipeline.ts';
import type { Run } from '../../api/run.ts';
import { PIPELINES, type ResourceType, RUNS } from '../../kube/resource.ts';
import type { Cluster } from '../cluster.ts';
import { UsageError } from '../failure.ts';
import { getPipeline, getRun, type Kind, kindOf, newestFirst, parseReference } from '../find.ts';
import { listAll } from '../list-all.ts';
import { type Look, type Span, table } from '../look.ts';
import { type Format, parseFormat, renderList, renderObject } from '../output.ts';
import { type Columns, pipelineTable, runTable, type Table } from '../run-table.ts';
import { examples, type VerbContext } from '../verb.ts';
import { type Selection, watchObjects } from '../watch-objects.ts';

interface GetFlags {
  selector?: string;
  allNamespaces?: true;
  watch?: true;
  output?: string;
}

export function setUp(command: Command, context: VerbContext): void {
  command
    .argument('[what...]', 'runs (the default), pipelines, or names; KIND/NAME and KIND NAME too')
    .option('-l, --selector <selector>', 'only those with these labels')
    .option('-A, --all-namespaces', 'of all namespaces')
    .option('-w, --watch', 'then go on with what changes')
    .option('-o, --output <format>', 'wide, json, yaml or name')
    .action((what: string[], flags: GetFlags) => get(what, flags, context));
  examples(
    command,
    'otto get                       # Runs, the newest first',
    'otto get pipelines -A',
    'otto get webapp-x7k2p -o yaml',
    'otto get runs -l otto.dev/pipeline=webapp -w',
  );
}

/** Runs and Pipelines in the way that this verb handles both. */
interface View<T extends KubeObject> {
  type: ResourceType<T>;
  get(cluster: Cluster, name: string): Promise<T>;
  table(objects: readonly T[], columns: Columns, look: Look): Table;
}

const RUN_VIEW: View<Run> = { type: RUNS, get: getRun, table: runTable };
const PIPELINE_VIEW: View<Pipeline> = { type: PIPELINES, get: getPipeline, table: pipelineTable };

interface Asked {
  names: string[];
  flags: GetFlags;
  format: Format | undefined;
}

async function get(what: readonly string[], flags: GetFlags, context: VerbContext): Promise<void> {
  const format = parseFormat(flags.output, ['wide', 'json', 'yaml', 'name']);
  const { kind, names } = readWhat(what);
  if (names.length > 0 && (flags.allNamespaces === true || flags.selector !== undefined)) {
    throw new UsageError('names go neither with -A nor with -l', 'Give the namespace of a name with -n.');
  }
  if (names.length > 1 && flags.watch === true) {
    throw new UsageError('-w takes one name, or none for all');
  }
  const asked: Asked = { names, flags, format };
  if (kind === 'run') await show(RUN_VIEW, asked, context);
  else await show(PIPELINE_VIEW, asked, context);
}

/** @throws UsageError for names of two kinds. */
export function readWhat(what: readonly string[]): { kind: Kind; names: string[] } {
  const [first, ...rest] = what;
  const kind = first === undefined ? undefined : kindOf(first);
  if (kind !== undefined) return { kind, names: rest };
  const references = what.map(parseReference);
  const kinds = new Set(references.map((one) => one.kind ?? 'run'));
  if (kinds.size > 1) throw new UsageError('ask for Runs and Pipelines one after the other');
  return { kind: [...kinds][0] ?? 'run', names: references.map(({ name }) => name) };
}

async function show<T extends KubeObject>(view: View<T>, asked: Asked, context: VerbContext): Promise<void> {
  const { names, flags } = asked;
  const cluster = await context.connect();
  const rows = new Rows(view, asked, context);
  if (flags.watch === true) {
    await watch(view, rows, asked, cluster, context);
    return;
  }
  if (names.length > 0) {
    const objects: T[] = [];
    for (const name of names) objects.push(await view.get(cluster, name));
    await rows.print(objects, names.length === 1);
    return;
  }
  const { items } = await listAll(cluster.client, view.type, selectionOf(asked, cluster));
  const where = flags.allNamespaces === true ? 'any namespace' : `namespace '${cluster.namespace}'`;
  if (items.length === 0) context.io.note(`There is no ${view.type.kind} in ${where}.`);
  if (items.length > 0 || rows.isForPrograms) await rows.print(newestFirst(items), false);
}

function selectionOf({ flags, names }: Asked, { namespace }: Cluster): Selection {
  return {
    namespace: flags.allNamespaces === true ? undefined : namespace,
    labelSelector: flags.selector,
    fieldSelector: names[0] === undefined ? undefined : `metadata.name=${names[0]}`,
  };
}

async function watch<T extends KubeObject>(
  view: View<T>,
  rows: Rows<T>,
  asked: Asked,
  cluster: Cluster,
  { io }: VerbContext,
): Promise<void> {
  // A name that is mistyped would be awaited for ever.
  for (const name of asked.names) await view.get(cluster, name);
  const shown = new Map<string, string | undefined>();
  const { signal } = new AbortController();
  for await (const change of watchObjects(cluster.client, view.type, selectionOf(asked, cluster), {
    signal,
  })) {
    switch (change.type) {
      case 'all': {
        // After a break only what is new to the reader; the newest last, where the next will come.
        const fresh = newestFirst(change.objects)
          .reverse()
          .filter((object) => shown.get(object.metadata.uid ?? '') !== object.metadata.resourceVersion);
        for (const { metadata } of fresh) shown.set(metadata.uid ?? '', metadata.resourceVersion);
        if (fresh.length > 0) await rows.printEach(fresh);
        break;
      }
      case 'changed':
        shown.set(change.object.metadata.uid ?? '', change.object.metadata.resourceVersion);
        await rows.printEach([change.object]);
        break;
      case 'deleted':
        shown.delete(change.object.metadata.uid ?? '');
        io.note(`${view.type.kind} ${change.object.metadata.name ?? ''} was deleted`);
        break;
      case 'lost':
        io.note(`otto: the connection is lost, trying again: ${change.error.message}`);
        break;
    }
  }
}

/** Objects in the format that was asked for. */
class Rows<T extends KubeObject> {
  readonly #view: View<T>;
  readonly #format: Format | undefined;
  readonly #columns: Columns;
  readonly #context: VerbContext;
  /** Rows that come one by one keep to the widths of those before. */
  #widths: string[] | undefined;

  constructor(view: View<T>, { flags, format }: Asked, context: VerbContext) {
    this.#view = view;
    this.#format = format;
    this.#columns = { namespace: flags.allNamespaces === true, wide: format === 'wide' };
    this.#context = context;
  }

  get isForPrograms(): boolean {
    return this.#format !== undefined && this.#format !== 'wide';
  }

  /** @param single one that was named is printed as itself and not as a list. */
  async print(objects: readonly T[], single: boolean): Promise<void> {
    const { io } = this.#context;
    const format = this.#format;
    const [only] = objects;
    if (format === undefined || format === 'wide') this.#printTable(objects);
    else
      io.print(
        single && only !== undefined ? await renderObject(only, format) : await renderList(objects, format),
      );
  }

  async printEach(objects: readonly T[]): Promise<void> {
    const { io } = this.#context;
    const format = this.#format;
    if (format === undefined || format === 'wide') {
      this.#printTable(objects);
      return;
    }
    for (const object of objects) {
      io.print(`${format === 'yaml' ? '---\n' : ''}${await renderObject(object, format)}`);
    }
  }

  #printTable(objects: readonly T[]): void {
    const { io } = this.#context;
    const look = io.look();
    const { head, rows, flexible } = this.#view.table(objects, this.#columns, look);
    const first = this.#widths === undefined;
    const top: Span[] = head.map((text, i) => [text.padEnd(this.#widths?.[i]?.length ?? 0), 'bold']);
    const lines = table([top, ...rows], look, flexible);
    this.#widths ??= widthsOf([top, ...rows]);
    for (const text of first ? lines : lines.slice(1)) io.print(text);
  }
}

function widthsOf(rows: readonly (readonly Span[])[]): string[] {
  const widths: string[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      const text = typeof cell === 'string' ? cell : cell[0];
      widths[i] = ' '.repeat(Math.max(widths[i]?.length ?? 0, text.length));
    });
  }
  return widths;
}
