// Kills the operator at random moments under load and looks whether every Run still ends as it must. `--help`.
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { ApiClient } from '../../src/kube/client.ts';
import { PODS, RUNS } from '../../src/kube/resource.ts';
import { runOf } from '../../src/operator/views.ts';
import { Random } from '../../src/testing/random.ts';
import { prepareOperator, startOperator } from '../bench/host-operator.ts';
import { startKwok, stopKwok } from '../bench/kwok.ts';
import { addNodes, clean, clusterWithoutNode } from '../bench/simulated-nodes.ts';
import { count } from '../bench/table.ts';
import { eventually } from '../bench/wait.ts';
import { down } from '../cluster/cluster.ts';
import { progress } from '../install/progress.ts';
import { Census } from './census.ts';
import { Load } from './load.ts';

const help = `Kills the operator (kill -9) again and again while Runs go on, on simulated nodes, and then checks each Run: that it
succeeded, that no attempt of a stage was made twice, that none began before its needs had ended.

usage: node hack/bootstrap.mjs hack/faults/kills.ts [FLAGS]

  --kills N      (500)
  --active N     Runs that go on at a time (20)
  --life-ms N    the operator lives so long at most, and 100 ms at least, from one start to the next kill (2500)
  --seed N       of the moments (1)
  --name NAME    of the cluster (kills); it is started and removed
  --keep         leave it

A short form for CI: --kills 15`;

const LEAST_LIFE_MS = 100;
/** Of every so many kills one comes with the deletion of a pod that runs. */
const DELETIONS = 5;
const POD_MS = 1000;
const END_MS = 120_000;
const IDENTITY = 'operator';

interface Settings {
  readonly kills: number;
  readonly active: number;
  readonly lifeMs: number;
  readonly seed: number;
  readonly name: string;
  readonly keep: boolean;
}

async function test(settings: Settings): Promise<readonly string[]> {
  const log = progress();
  const folder = await mkdtemp(join(tmpdir(), 'otto-kills-'));
  let kwok: ChildProcess | undefined;
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  try {
    const { cluster, client } = await clusterWithoutNode(settings.name, log);
    kwok = await startKwok({ kubeconfig: cluster.kubeconfig, folder, podMs: POD_MS });
    await addNodes(client, 2);
    const prepared = await prepareOperator({ cluster, folder });
    await clean(client);
    return await killAndLook(client, settings, log, stop.signal, () => startOperator(prepared, IDENTITY));
  } finally {
    if (kwok !== undefined) await stopKwok(kwok);
    if (!settings.keep) await down(settings.name);
    await rm(folder, { recursive: true, force: true });
  }
}

async function killAndLook(
  client: ApiClient,
  { kills, active, lifeMs, seed }: Settings,
  log: (line: string) => void,
  stop: AbortSignal,
  start: () => ReturnType<typeof startOperator>,
): Promise<readonly string[]> {
  const random = new Random(seed);
  const namespace = `kills-${process.pid}`;
  const load = new Load(client, namespace, active);
  const census = new Census(client, namespace);
  await load.prepare();
  await census.start();
  let operator = await start();
  const began = performance.now();
  try {
    for (let kill = 1; kill <= kills && !stop.aborted; kill++) {
      await load.fill();
      await delay(LEAST_LIFE_MS + random.next() * (lifeMs - LEAST_LIFE_MS));
      if (random.whole(1, DELETIONS) === 1) await deleteSomePod(client, namespace, random, census);
      process.kill(operator.pid, 'SIGKILL');
      operator = await start();
      if (kill % 25 === 0)
        log(`${kill} of ${kills} kills, ${load.created} Runs created, ${census.pods} pods`);
    }
    await eventually('every Run has ended', END_MS, async () => {
      const { items } = await client.list(RUNS, { namespace });
      return items.every(({ status }) => status?.completionTime !== undefined);
    }).catch((error: unknown) => log(String(error)));
  } finally {
    await operator.stop();
  }
  const problems = await census.check(load.created);
  const minutes = (performance.now() - began) / 60_000;
  log(
    `${kills} kills in ${minutes.toFixed(1)} min, ${load.created} Runs, ${census.pods} pods, ${census.deleted.size} deleted from outside: ${problems.length} problems`,
  );
  return problems;
}

/** As somebody with kubectl would. */
async function deleteSomePod(
  client: ApiClient,
  namespace: string,
  random: Random,
  census: Census,
): Promise<void> {
  // Only those: thousands that have ended do not fit one answer.
  const { items } = await client.list(PODS, { namespace, fieldSelector: 'status.phase=Running' });
  const running = items.filter((pod) => runOf(pod) !== undefined);
  const victim = running[random.whole(0, Math.max(0, running.length - 1))];
  if (victim?.metadata.name === undefined) return;
  census.deleted.add(victim.metadata.name);
  await client
    .delete(PODS, { namespace, name: victim.metadata.name }, { gracePeriodSeconds: 0 })
    .catch(() => {});
}

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '500' },
    active: { type: 'string', default: '20' },
    'life-ms': { type: 'string', default: '2500' },
    seed: { type: 'string', default: '1' },
    name: { type: 'string', default: 'kills' },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) console.log(help);
else {
  const problems = await test({
    kills: count('kills', values.kills, 1, 100_000),
    active: count('active', values.active, 1, 1000),
    lifeMs: count('life-ms', values['life-ms'], LEAST_LIFE_MS, 600_000),
    seed: count('seed', values.seed, 0, 2 ** 31),
    name: values.name,
    keep: values.keep,
  });
  for (const problem of problems.slice(0, 50)) console.log(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
