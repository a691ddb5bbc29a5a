// What a stage costs on a real node: three stages in order against three bare pods in order. `--help` says everything.
import { parseArgs } from 'node:util';
import { kubeconfigAccess } from '../../src/kube/access.ts';
import { type ApiClient, createClient } from '../../src/kube/client.ts';
import { PIPELINES } from '../../src/kube/resource.ts';
import { defaultName, up } from '../cluster/cluster.ts';
import { buildOttoImage } from '../image/build.ts';
import { exampleImage } from '../image/examples.ts';
import { exampleImages } from '../image/images.ts';
import { loadOnce } from '../install/load.ts';
import { installOtto } from '../install/otto.ts';
import { progress } from '../install/progress.ts';
import { barePods } from './bare-pods.ts';
import { load, onInterrupt } from './process.ts';
import { type StageTimes, stagesOnce, threeStages } from './stage-times.ts';
import { count, median, table } from './table.ts';
import { eventually } from './wait.ts';

const help = `Three stages of three \`sh: echo …\` steps in order, from the creation of the Run until a watch shows that it
succeeded, against three bare pods that echo as much, each created when a watch shows that the one before succeeded.
Both in turn, on the same real node.

usage: node hack/bootstrap.mjs hack/bench/stage-cost.ts [FLAGS]

  --repeat N      of each (9)
  --name NAME     of the cluster; started, and Otto installed, where they are not (${defaultName})
  --context NAME  a cluster of your own
  --image REF     of all containers of steps (the local stand-in of busybox)

The namespace that it makes is deleted at the end; the cluster stays, with Otto of this checkout in it. A short form for CI: --repeat 2`;

const GOAL = 0.45;
const READY_MS = 30_000;
const IMAGE = 'docker.io/library/busybox:1.36';

interface Settings {
  readonly repeat: number;
  readonly name: string;
  readonly context: string | undefined;
  readonly image: string;
}

async function bench({ repeat, name, context, image }: Settings): Promise<boolean> {
  const log = progress();
  const cluster = await up({ name, log, ...(context === undefined ? {} : { context }) });
  await installOtto(cluster, { image: await buildOttoImage({ log }), log });
  if (image === IMAGE) {
    const built = await exampleImage('busybox', log);
    await loadOnce(cluster, built.archive, exampleImages.busybox.standsInFor);
  }
  const { access } = await kubeconfigAccess({ file: cluster.kubeconfig, context: cluster.context });
  const client = createClient({ access });
  const namespace = `stage-cost-${process.pid}`;
  await client.request('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  const remove = async (): Promise<void> =>
    void (await client.request('DELETE', `/api/v1/namespaces/${namespace}`));
  onInterrupt(remove);
  try {
    await client.create(PIPELINES, namespace, threeStages(image));
    await eventually('the namespace and its Pipeline are ready', READY_MS, () => isReady(client, namespace));
    const bare: number[] = [];
    const otto: StageTimes[] = [];
    const loads: string[] = [];
    // What is slow only once (images on their way into the page cache, say) is nobody's cost.
    await barePods(client, namespace, 'warm', image);
    await stagesOnce(client, namespace, 'warm');
    for (let round = 1; round <= repeat; round++) {
      bare.push(await barePods(client, namespace, `bare-${round}`, image));
      otto.push(await stagesOnce(client, namespace, `run-${round}`));
      loads.push(load());
      log(
        `round ${round}: bare ${seconds(bare.at(-1))}, Otto ${seconds(otto.at(-1)?.total)}, load ${loads.at(-1)}`,
      );
    }
    return print(bare, otto, loads);
  } finally {
    await remove();
  }
}

async function isReady(client: ApiClient, namespace: string): Promise<boolean> {
  const account = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
  const [{ items }, found] = await Promise.all([
    client.list(PIPELINES, { namespace }),
    client.request('GET', account).catch(() => undefined),
  ]);
  return found !== undefined && items.some(({ status }) => status?.conditions?.[0]?.status === 'True');
}

function print(bare: readonly number[], otto: readonly StageTimes[], loads: readonly string[]): boolean {
  const totals = otto.map(({ total }) => total);
  const ratio = median(totals) / median(bare);
  const rounds = loads.map((_, i) => `${i + 1}`);
  const row = (title: string, values: readonly number[]): string[] => [
    title,
    seconds(median(values)),
    ...values.map(seconds),
  ];
  console.log(
    `\n${table(
      ['seconds', 'median', ...rounds],
      [
        row('three bare pods', bare),
        row('three stages', totals),
        [
          'ratio',
          ratio.toFixed(2),
          ...totals.map((total, i) => (total / (bare[i] ?? Number.NaN)).toFixed(2)),
        ],
        ['load average', '', ...loads],
      ],
    )}`,
  );
  const parts = ['begin', 'start', 'steps', 'next'] as const;
  const titles = {
    begin: 'Run created → first pod seen',
    start: 'pod seen → first step began (median of the stages)',
    steps: 'first step began → last step ended',
    next: 'last step ended → next pod seen, or Run seen ended',
  };
  console.log(
    `\n${table(
      ['of it, ms', 'median'],
      parts.map((part) => [titles[part], median(otto.flatMap((times) => times[part])).toFixed(0)]),
    )}`,
  );
  console.log(`\nratio of the medians ${ratio.toFixed(2)}, goal ${GOAL}`);
  return ratio <= GOAL;
}

function seconds(ms: number | undefined): string {
  return ((ms ?? Number.NaN) / 1000).toFixed(2);
}

async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      repeat: { type: 'string', default: '9' },
      name: { type: 'string', default: defaultName },
      context: { type: 'string' },
      image: { type: 'string', default: IMAGE },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const { name, context, image } = values;
  return (await bench({ repeat: count('repeat', values.repeat, 1, 1000), name, context, image })) ? 0 : 2;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`otto bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
