// End-to-end tests on a real cluster of their own: `--help` says how to run some of them.
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { down, up } from './cluster/cluster.ts';
import type { Cluster } from './cluster/contract.ts';
import { buildOttoImage } from './image/build.ts';
import { exampleImage } from './image/examples.ts';
import { exampleNames } from './image/images.ts';
import { installOtto } from './install/otto.ts';
import { progress } from './install/progress.ts';
import { tool } from './tools/tools.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const defaultName = 'e2e';
const help = `End-to-end tests on a real cluster of their own, which is started and removed.

usage: node hack/bootstrap.mjs hack/e2e.ts [SPEC…] [--all] [--prepare] [--keep] [--name NAME]

  SPEC        files of e2e/; default: all but the long ones, those that kill parts of the cluster last
  --all       the long ones too: faults of nodes, pods and the control plane, which wait for Kubernetes' own limits
  --prepare   only start the cluster and build what it needs
  --keep      leave the cluster running: the next time starts faster
  --name      of the cluster (default: ${defaultName})`;

/** What needs the resources without an operator comes before Otto is there; what kills the API server comes last. */
const first = ['e2e/chart.e2e.ts', 'e2e/resource*.e2e.ts'];
const last = ['e2e/faults/*.e2e.ts', 'e2e/kube/*.e2e.ts', 'e2e/local/*.e2e.ts'];
/** Each of them takes minutes, which are Kubernetes' own. */
const long = [
  'e2e/faults/control-plane.e2e.ts',
  'e2e/faults/node.e2e.ts',
  'e2e/faults/pod-ends.e2e.ts',
  'e2e/faults/pod-waits.e2e.ts',
  'e2e/faults/scope-namespaced.e2e.ts',
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    prepare: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    name: { type: 'string', default: defaultName },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const log = progress();

/** Side by side: images are downloads and unpacking, which have time while Go compiles at a low priority. */
async function prepare(): Promise<Cluster> {
  const [cluster] = await Promise.all([
    up({ name: values.name, log }),
    tool('helm', { log }),
    tool('kwok', { log }),
    buildOttoImage({ log }),
    ...exampleNames.map((name) => exampleImage(name, log)),
  ]);
  return cluster;
}

/** @param options of mocha, beside the specs. */
async function mocha(
  cluster: Cluster,
  specs: readonly string[],
  options: readonly string[] = ['--no-config', '--forbid-only', '--forbid-pending'],
): Promise<boolean> {
  if (specs.length === 0) return true;
  log(`mocha ${specs.join(' ')}`);
  // A test that failed may leave a watch open, which must not keep the whole from ending.
  const child = spawn(join(root, 'node_modules/.bin/mocha'), ['--exit', ...options, ...specs], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, OTTO_E2E_KUBECONFIG: cluster.kubeconfig, OTTO_E2E_CLUSTER: cluster.name },
  });
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code === 0));
  });
}

function find(patterns: readonly string[]): string[] {
  return patterns.flatMap((pattern) => globSync(pattern, { cwd: root }).toSorted());
}

async function test(): Promise<boolean> {
  const usual = find(['e2e/**/*.e2e.ts']).filter((file) => values.all || !long.includes(file));
  const wanted = new Set(positionals.length === 0 ? usual : positionals);
  const before = find(first).filter((file) => wanted.has(file));
  const after = find(last).filter((file) => wanted.has(file));
  const between = [...wanted].filter((file) => !before.includes(file) && !after.includes(file));
  const cluster = await prepare();
  let good = await mocha(cluster, before);
  await installOtto(cluster, { image: await buildOttoImage({ log }), log });
  good = (await mocha(cluster, between, ['--config', 'e2e/runs.mocharc.json'])) && good;
  return (await mocha(cluster, after)) && good;
}

if (values.help) console.log(help);
else if (values.prepare) await prepare();
else {
  try {
    process.exitCode = (await test()) ? 0 : 1;
  } finally {
    if (values.keep)
      log(`the cluster ${values.name} runs on; hack/cluster/main.ts down --name ${values.name} removes it`);
    else await down(values.name);
  }
}
