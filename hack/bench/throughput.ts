// How many Runs the operator drives at once: 200 Runs of three stages on simulated nodes. `--help` says everything.
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ApiClient } from '../../src/kube/client.ts';
import { readBody } from '../../src/kube/transport.ts';
import { down } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/contract.ts';
import { progress } from '../install/progress.ts';
import { type Writes, writesBetween, writesOf } from './api-writes.ts';
import { prepareOperator, startOperator } from './host-operator.ts';
import { startKwok, stopKwok } from './kwok.ts';
import { cpuMs, load, onInterrupt, peakMegabytes } from './process.ts';
import { driveRuns } from './runs.ts';
import { addNodes, clean, clusterWithoutNode } from './simulated-nodes.ts';
import { count, figure, median, table } from './table.ts';
import { eventually } from './wait.ts';

const help = `Runs a minute of the operator with its default settings, on simulated nodes: no pod really runs, so this is what
API server, scheduler and operator can do. A cluster of its own is started and removed (Linux, root).

usage: node hack/bootstrap.mjs hack/bench/throughput.ts [FLAGS]

  --runs N       created at once (200)
  --stages N     of each Run, in order, of three steps each (3)
  --pod-ms N     how long each pod runs (1000)
  --repeat N     the whole measurement so often, each with a new process of the operator (3)
  --nodes N      simulated nodes (4)
  --name NAME    of the cluster (bench)
  --keep         leave the cluster
  --profile DIR  CPU profiles of the operator, for Chrome's tools

A short form for CI: --runs 20 --repeat 1`;

const OPERATOR = 'operator';
const GOALS = { perMinute: 850, cpu: 12, memory: 120, writes: 20, bytes: 3000 };

/** Processes by what they are. */
type Parts = ReadonlyMap<string, number>;

interface Measured {
  readonly perMinute: number;
  readonly seconds: number;
  readonly cpuMs: number;
  /** Of all that takes part, by name. */
  readonly allCpuMs: ReadonlyMap<string, number>;
  readonly megabytes: number;
  readonly writes: readonly Writes[];
  readonly bytes: { readonly plain: number; readonly withManagedFields: number };
  readonly load: string;
}

interface Settings {
  readonly runs: number;
  readonly stages: number;
  readonly podMs: number;
  readonly repeat: number;
  readonly nodes: number;
  readonly name: string;
  readonly keep: boolean;
  readonly profile: string | undefined;
}

async function bench(settings: Settings): Promise<void> {
  const log = progress();
  const folder = await mkdtemp(join(tmpdir(), 'otto-bench-'));
  let kwok: ChildProcess | undefined;
  const remove = async (): Promise<void> => {
    if (!settings.keep) await down(settings.name);
    await rm(folder, { recursive: true, force: true });
  };
  onInterrupt(remove);
  try {
    const { cluster, client } = await clusterWithoutNode(settings.name, log);
    log('starting simulated nodes');
    kwok = await startKwok({ kubeconfig: cluster.kubeconfig, folder, podMs: settings.podMs });
    await addNodes(client, settings.nodes);
    log('compiling the operator, applying the chart without its Deployment');
    const prepared = await prepareOperator({
      cluster,
      folder,
      nodeFlags: settings.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${settings.profile}`],
    });
    const all: Measured[] = [];
    for (let round = 1; round <= settings.repeat; round++) {
      await clean(client);
      const operator = await startOperator(prepared, `operator-${round}`);
      try {
        const measured = await measure(
          client,
          partsOf(cluster, kwok, operator.pid),
          settings,
          `bench-${process.pid}-${round}`,
        );
        log(`round ${round}: ${figure(measured.perMinute)} runs a minute, load ${measured.load}`);
        all.push(measured);
      } finally {
        await operator.stop();
      }
    }
    print(all, settings);
  } finally {
    if (kwok !== undefined) await stopKwok(kwok);
    await remove();
  }
}

async function measure(
  client: ApiClient,
  parts: Parts,
  { runs, stages }: Settings,
  namespace: string,
): Promise<Measured> {
  const writes = await countWrites(client);
  const before = cpuOf(parts);
  const driven = await driveRuns(client, { namespace, runs, stages });
  const after = cpuOf(parts);
  const aRun = new Map(Array.from(after, ([name, ms]) => [name, (ms - (before.get(name) ?? 0)) / runs]));
  return {
    perMinute: (runs / driven.seconds) * 60,
    seconds: driven.seconds,
    cpuMs: aRun.get(OPERATOR) ?? Number.NaN,
    allCpuMs: aRun,
    megabytes: peakMegabytes(parts.get(OPERATOR) ?? 0),
    // The scheduler's events come a little later than what they tell of.
    writes: writesBetween(writes, await settledWrites(client)),
    bytes: driven.bytes,
    load: load(),
  };
}

function partsOf({ components }: Cluster, kwok: ChildProcess, operator: number): Parts {
  const parts = new Map([[OPERATOR, operator]]);
  for (const name of ['kube-apiserver', 'etcd', 'kube-scheduler', 'kube-controller-manager']) {
    const pid = components?.componentPid(name);
    if (pid !== undefined) parts.set(name, pid);
  }
  if (kwok.pid !== undefined) parts.set('kwok', kwok.pid);
  return parts.set('this command', process.pid);
}

function cpuOf(parts: Parts): Map<string, number> {
  return new Map(Array.from(parts, ([name, pid]) => [name, cpuMs(pid)]));
}

async function countWrites(client: ApiClient): Promise<Map<string, number>> {
  return writesOf(await readBody(await client.stream('/metrics', AbortSignal.timeout(30_000))));
}

async function settledWrites(client: ApiClient): Promise<Map<string, number>> {
  const total = (counts: Map<string, number>): number => [...counts.values()].reduce((a, b) => a + b, 0);
  let now = await countWrites(client);
  let before = -1;
  await eventually('no more is written', 30_000, async () => {
    if (total(now) === before) return true;
    before = total(now);
    await new Promise((resolve) => setTimeout(resolve, 500));
    now = await countWrites(client);
    return false;
  });
  return now;
}

function print(all: readonly Measured[], { runs, stages, podMs }: Settings): void {
  const each = (of: (one: Measured) => number): string[] => all.map((one) => figure(of(one)));
  const writes = (one: Measured): number => one.writes.reduce((sum, { count }) => sum + count, 0) / runs;
  const row = (title: string, goal: number | string, of: (one: Measured) => number): string[] => [
    title,
    String(goal),
    figure(median(all.map(of))),
    ...each(of),
  ];
  console.log(`\n${runs} Runs of ${stages} stages, pods of ${podMs} ms, created at once\n`);
  console.log(
    table(
      ['', 'goal', 'median', ...all.map((_, i) => `round ${i + 1}`)],
      [
        row('runs a minute', GOALS.perMinute, (one) => one.perMinute),
        row('seconds for all', '', (one) => one.seconds),
        row('operator, CPU ms a run', GOALS.cpu, (one) => one.cpuMs),
        row('operator, peak memory MB', GOALS.memory, (one) => one.megabytes),
        row('API writes a run', GOALS.writes, writes),
        row('bytes of a Run, without managedFields', GOALS.bytes, (one) => one.bytes.plain),
        row('bytes of a Run, with managedFields', '', (one) => one.bytes.withManagedFields),
        ['load average of the machine', '', '', ...all.map((one) => one.load)],
      ],
    ),
  );
  const last = all.at(-1);
  if (last === undefined) return;
  const names = [...last.allCpuMs.keys()];
  const sum = (one: Measured): number => [...one.allCpuMs.values()].reduce((a, b) => a + b, 0);
  const cores = availableParallelism();
  console.log(
    `\nCPU ms a run of all that takes part: what bounds it on ${cores} cores that do nothing else\n`,
  );
  console.log(
    table(
      ['', 'median', ...all.map((_, i) => `round ${i + 1}`)],
      [
        ...names.map((name) => {
          const of = (one: Measured): number => one.allCpuMs.get(name) ?? Number.NaN;
          return [name, figure(median(all.map(of))), ...each(of)];
        }),
        ['all', figure(median(all.map(sum))), ...each(sum)],
        [
          'runs a minute at most by that',
          figure(median(all.map((one) => (cores * 60_000) / sum(one)))),
          ...each((one) => (cores * 60_000) / sum(one)),
        ],
      ],
    ),
  );
  console.log('\nAPI writes of the last round (leases and reviews left out)\n');
  console.log(
    table(
      ['write', 'by', 'all', 'a run'],
      last.writes.map(({ what, writer, count }) => [what, writer, String(count), figure(count / runs)]),
    ),
  );
}

async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      runs: { type: 'string', default: '200' },
      stages: { type: 'string', default: '3' },
      'pod-ms': { type: 'string', default: '1000' },
      repeat: { type: 'string', default: '3' },
      nodes: { type: 'string', default: '4' },
      name: { type: 'string', default: 'bench' },
      keep: { type: 'boolean', default: false },
      profile: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  await bench({
    runs: count('runs', values.runs, 1, 100_000),
    stages: count('stages', values.stages, 1, 200),
    podMs: count('pod-ms', values['pod-ms'], 0, 60_000),
    repeat: count('repeat', values.repeat, 1, 20),
    nodes: count('nodes', values.nodes, 1, 100),
    name: values.name,
    keep: values.keep,
    profile: values.profile,
  });
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`otto bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
