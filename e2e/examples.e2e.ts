/** Every pipeline of examples/ for real, in the images at hand: what each says of itself comes true. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '../hack/cluster/contract.ts';
import { publishCheckout, publishFolder } from '../hack/install/git-server.ts';
import { operatorNamespace, release } from '../hack/install/otto.ts';
import type { RunSpec, StageResult } from '../src/api/generated/types.ts';
import type { Run } from '../src/api/run.ts';
import { clusterUnderTest } from './setup.ts';
import { aRun, Space, stageOf } from './space.ts';
import { EXAMPLES } from './subject.ts';

/** Go compiles its library first, on the cores that all examples share. */
const LIMIT_MS = 400_000;
const ROOT = join(EXAMPLES, '..');

interface Example {
  /** Of the Run; the name of the folder when there is but one. */
  readonly run: string;
  readonly pipeline: string;
  readonly spec?: RunSpec;
  readonly stages: Readonly<Record<string, StageResult>>;
  /** What a stage's steps must have said. */
  readonly says?: readonly (readonly [stage: string, text: RegExp])[];
  /** How the folder gets to the place where its pipeline looks for it. */
  readonly source?: (cluster: Cluster) => Promise<void>;
}

const folder =
  (name: string, repository: string = name) =>
  (cluster: Cluster): Promise<void> =>
    publishFolder(cluster, join(EXAMPLES, name), repository);

const TABLE: readonly Example[] = [
  {
    run: 'flaky',
    pipeline: 'flaky',
    stages: { download: 'Succeeded', optional: 'Failed', last: 'Succeeded' },
    says: [['optional', /This stage fails and the Run does not/]],
  },
  {
    run: 'go-service',
    pipeline: 'go-service',
    source: folder('go-service'),
    stages: { vet: 'Succeeded', test: 'Succeeded', build: 'Succeeded', report: 'Succeeded' },
    says: [['report', /go-service ended as Succeeded/]],
  },
  {
    run: 'hello',
    pipeline: 'hello',
    spec: { params: { who: 'reader' } },
    stages: { greet: 'Succeeded' },
    says: [['greet', /Hello from hello[^]*Hello, reader/]],
  },
  {
    run: 'monorepo-all',
    pipeline: 'monorepo',
    source: folder('monorepo'),
    stages: { api: 'Succeeded', web: 'Succeeded', docs: 'Succeeded', integration: 'Succeeded' },
  },
  {
    run: 'monorepo-api',
    pipeline: 'monorepo',
    spec: { source: { changedPaths: ['api/main.go'] } },
    stages: { api: 'Succeeded', web: 'Skipped', docs: 'Skipped', integration: 'Succeeded' },
  },
  {
    run: 'multi-image',
    pipeline: 'multi-image',
    stages: { site: 'Succeeded' },
    says: [['site', /pages: \[ 'index', 'about' \][^]*^site\.json$/m]],
  },
  {
    run: 'no-shell',
    pipeline: 'no-shell',
    stages: { run: 'Succeeded' },
    says: [['run', /one[^]*two[^]*three/]],
  },
  {
    run: 'node-postgres',
    pipeline: 'node-postgres',
    source: folder('node-postgres'),
    stages: { lint: 'Succeeded', integration: 'Succeeded' },
    says: [['integration', /^ℹ fail 0$|^# fail 0$/m]],
  },
  {
    run: 'otto',
    pipeline: 'otto',
    source: (cluster) => publishCheckout(cluster, ROOT, 'otto'),
    stages: { build: 'Succeeded', unit: 'Succeeded', history: 'Succeeded', report: 'Succeeded' },
    says: [['report', /otto at [0-9a-f]{40}: Succeeded, [1-9]\d* files built/]],
  },
  {
    run: 'private-repository',
    pipeline: 'private-repository',
    source: folder('python-versions', 'private/service'),
    stages: { build: 'Succeeded', other: 'Succeeded' },
    says: [['other', /^slugify\.py$/m]],
  },
  {
    run: 'python-versions',
    pipeline: 'python-versions',
    source: folder('python-versions'),
    stages: { py311: 'Succeeded', py312: 'Succeeded', py313: 'Succeeded', package: 'Succeeded' },
  },
  {
    run: 'redis-worker',
    pipeline: 'redis-worker',
    stages: { ping: 'Succeeded', queue: 'Succeeded' },
    says: [['ping', /PONG/]],
  },
  {
    run: 'release-nightly',
    pipeline: 'release',
    stages: {
      version: 'Succeeded',
      build: 'Succeeded',
      publish: 'Succeeded',
      announce: 'Skipped',
      summary: 'Succeeded',
    },
    says: [
      ['build', /building 1\.4\.1-nightly/],
      ['publish', /would publish 1\.4\.1-nightly to nightly/],
    ],
  },
  {
    run: 'release-stable',
    pipeline: 'release',
    spec: { params: { channel: 'stable', build: 7, dryRun: false } },
    stages: {
      version: 'Succeeded',
      build: 'Succeeded',
      publish: 'Succeeded',
      announce: 'Succeeded',
      summary: 'Succeeded',
    },
    says: [
      ['publish', /publishing 1\.4\.7-stable/],
      ['announce', /Version 1\.4\.7-stable is out/],
    ],
  },
];

describe('the examples', function () {
  this.timeout(LIMIT_MS + 10_000);
  const space = new Space('examples');

  before(async () => {
    await space.start();
    const cluster = await clusterUnderTest();
    for (const { source } of TABLE) await source?.(cluster);
    for (const name of readdirSync(EXAMPLES))
      await space.kubectl(['apply', '-f', '-'], await manifest(space, name));
    await space.create(
      ...TABLE.map(({ run, pipeline, spec }) => aRun(run, { ...spec, pipelineRef: { name: pipeline } })),
    );
    // The nightly job does not wait for the night.
    await space.kubectl(['create', 'job', 'tonight', '--from=cronjob/nightly']);
  });
  afterEach(async function () {
    await space.explain(this.currentTest);
  });
  after(() => space.stop());

  it('are all in the table', () => {
    const tried = new Set([...TABLE.map(({ pipeline }) => pipeline), 'nightly']);
    assert.deepEqual([...tried].toSorted(), readdirSync(EXAMPLES).toSorted());
  });

  for (const { run, stages, says = [] } of TABLE) {
    it(`come true: ${run}`, async () => {
      const ended = await space.ended(run, LIMIT_MS);
      assert.deepEqual(resultsOf(ended), stages);
      assert.equal(ended.status?.result, 'Succeeded', ended.status?.message);
      for (const [stage, text] of says) assert.match(await space.log(ended, stage), text);
    });
  }

  it('come true: go-service says how big the program is', async () => {
    const ended = await space.ended('go-service', LIMIT_MS);
    assert.ok(Number(stageOf(ended, 'build').outputs?.['size']) > 1_000_000);
  });

  it('come true: nightly, whose Run is made by its own job with its own rights', async () => {
    await space.kubectl(['wait', '--for=condition=Complete', 'job/tonight', '--timeout=120s']);
    const ofNightly = 'jsonpath={.items[?(@.spec.pipelineRef.name=="nightly")].metadata.name}';
    const name = await space.kubectl(['get', 'runs', '-o', ofNightly]);
    const ended = await space.ended(name, LIMIT_MS);
    assert.deepEqual(resultsOf(ended), { cleanup: 'Succeeded', check: 'Succeeded', report: 'Succeeded' });
  });
});

/** As it is, but with the image that this cluster has of Otto. */
async function manifest(space: Space, example: string): Promise<string> {
  const text = readFileSync(join(EXAMPLES, example, 'pipeline.yaml'), 'utf8');
  const image = await space.kubectl([
    '--namespace',
    operatorNamespace,
    'get',
    'deployment',
    release,
    '-o',
    'jsonpath={.spec.template.spec.containers[0].image}',
  ]);
  return text.replaceAll('localhost/otto:dev ', `${image} `);
}

function resultsOf({ status }: Run): Record<string, string | undefined> {
  return Object.fromEntries((status?.stages ?? []).map(({ name, result }) => [name, result]));
}
