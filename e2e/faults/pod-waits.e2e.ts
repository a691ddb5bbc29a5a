/** What a stage lacks before it can start: told by name, waited for, and given up in the end. */
import assert from 'node:assert/strict';
import { exampleImage } from '../../hack/image/examples.ts';
import type { Stage } from '../../src/api/generated/types.ts';
import type { Run } from '../../src/api/run.ts';
import { anInlineRun, Space, stageOf } from '../space.ts';
import { type Ground, IMAGE, PATIENCE_MS, prepare } from './ground.ts';
import { Witness } from './page.ts';

interface Lack {
  /** First cell of its row in docs/faults.md, less ", mended" or ", not mended". */
  fault: string;
  /** Of its Runs: NAME-late is mended, NAME-never is not. */
  name: string;
  reason: string;
  stage: (run: string) => Partial<Stage>;
  mend: (ground: Ground, space: Space, run: string) => Promise<unknown>;
}

/** What one run of the tests has mended is there in the next. */
const TAG = String(Date.now());

const secretVolume = (secretName: string): Partial<Stage> => ({
  podTemplate: {
    spec: {
      volumes: [{ name: 'wanted', secret: { secretName } }],
      containers: [{ name: 'main', volumeMounts: [{ name: 'wanted', mountPath: '/wanted' }] }],
    },
  },
});
const secretVariable = (name: string): Partial<Stage> => {
  const env = [{ name: 'WANTED', valueFrom: { secretKeyRef: { name, key: 'value' } } }];
  return { podTemplate: { spec: { containers: [{ name: 'main', env }] } } };
};
const makeSecret = async (space: Space, name: string): Promise<string> =>
  await space.kubectl(['create', 'secret', 'generic', name, '--from-literal=value=1']);

const LACKS: readonly Lack[] = [
  {
    fault: 'image missing',
    name: 'image',
    reason: 'ImagePullFailed',
    stage: (run) => ({ image: `localhost/faults/${run}:${TAG}` }),
    mend: async ({ cluster }, _, run) => {
      const { archive } = await exampleImage('busybox', () => {});
      await cluster.loadImage(archive, `localhost/faults/${run}:${TAG}`);
    },
  },
  {
    fault: 'Secret of a volume missing',
    name: 'volume',
    reason: 'VolumeNotMounted',
    stage: secretVolume,
    mend: async (_, space, run) => await makeSecret(space, run),
  },
  {
    fault: 'Secret of a variable missing',
    name: 'variable',
    reason: 'ConfigMissing',
    stage: secretVariable,
    mend: async (_, space, run) => await makeSecret(space, run),
  },
  {
    fault: 'service account missing',
    name: 'account',
    reason: 'ServiceAccountMissing',
    stage: (run) => ({ serviceAccountName: run }),
    mend: async (_, space, run) => await space.kubectl(['create', 'serviceaccount', run]),
  },
  {
    fault: 'no node fits',
    name: 'node',
    reason: 'Unschedulable',
    stage: (run) => ({ podTemplate: { spec: { nodeSelector: { 'example.com/wanted': `${run}-${TAG}` } } } }),
    mend: async ({ kubectl }, _, run) =>
      await kubectl(['label', 'node', '--all', '--overwrite', `example.com/wanted=${run}-${TAG}`]),
  },
];

describe('a stage', function () {
  this.timeout(PATIENCE_MS * 2);
  const space = new Space('pod-waits');
  // Their limits are of a whole namespace.
  const quota = new Space('quota');
  const limits = new Space('limits');
  let ground: Ground;

  const run = (name: string, stage: Partial<Stage> = {}): object =>
    anInlineRun(name, {
      defaults: { image: IMAGE },
      stages: [{ name: 'build', gracePeriod: '1s', steps: [{ sh: 'echo built' }], ...stage }],
    });
  const witness = (fault: string, name: string, where = space): Witness =>
    new Witness(fault, () => where.kubectl(['describe', 'run', name]));
  const waits = async (name: string, reason: string, where = space): Promise<Run> =>
    await where.until(name, reason, ({ status }) => status?.stages?.[0]?.reason === reason);
  const endsWell = async (name: string, where = space): Promise<void> => {
    const { status } = await where.ended(name, PATIENCE_MS);
    const { result, attempt, retried } = { ...status?.stages?.[0] };
    assert.deepEqual({ result, attempt, retried }, { result: 'Succeeded', attempt: 1, retried: undefined });
  };
  const isLost = async (name: string, lostFor: string, where = space): Promise<void> => {
    const ended = await where.ended(name, PATIENCE_MS);
    const { result, reason, retried } = stageOf(ended, 'build');
    assert.deepEqual(
      { run: ended.status?.result, result, reason, retried },
      { run: 'Lost', result: 'Lost', reason: lostFor, retried: undefined },
    );
  };
  /** Both that it waits and that it went on are on one page. */
  const mended = async (
    fault: string,
    name: string,
    mend: () => Promise<unknown>,
    where = space,
  ): Promise<void> => {
    const seen = witness(fault, name, where);
    await seen.look();
    await mend();
    await endsWell(name, where);
    await seen.sawAll();
  };

  before(async () => {
    ground = await prepare();
    for (const each of [space, quota, limits]) await each.start();
    const bound = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'bound' } };
    await quota.create({ ...bound, spec: { hard: { pods: '0' } } });
    const range = { type: 'Container', max: { memory: '256Mi' } };
    await limits.create({
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'range' },
      spec: { limits: [range] },
    });
    await quota.create(run('quota-never'));
    await limits.create(run('range-never', { resources: { limits: { memory: '1Gi' } } }));
    await space.create(...LACKS.map(({ name, stage }) => run(`${name}-never`, stage(`${name}-never`))));
  });
  afterEach(async function () {
    await space.explain(this.currentTest);
  });
  after(async () => {
    for (const each of [space, quota, limits]) await each.stop();
    await ground.kubectl(['label', 'node', '--all', 'example.com/wanted-']);
  });

  for (const { fault, name, reason, stage, mend } of LACKS) {
    it(`says "${fault}", and goes on when it is mended`, async () => {
      const late = `${name}-late`;
      await space.create(run(late, stage(late)));
      await waits(late, reason);
      await mended(`${fault}, mended`, late, () => mend(ground, space, late));
    });
  }

  it('is refused at once where the Pod Security level forbids it', async () => {
    await space.create(run('privileged', { securityContext: { runAsUser: 0 } }));
    await isLost('privileged', 'PodSecurity');
    await witness('pod forbidden by Pod Security', 'privileged').sawAll();
  });

  it('is refused at once where its template makes no pod', async () => {
    const tolerations = [{ key: 'example.com/any', operator: 'Perhaps' }];
    await space.create(run('invalid', { podTemplate: { spec: { tolerations } } }));
    await isLost('invalid', 'PodInvalid');
    await witness('pod invalid', 'invalid').sawAll();
  });

  for (const { fault, name, reason } of LACKS) {
    it(`is lost for "${fault}" after its limit`, async () => {
      await isLost(`${name}-never`, reason);
      await witness(`${fault}, not mended`, `${name}-never`).sawAll();
    });
  }

  it('is lost where a quota has no room for longer than its limit', async () => {
    await isLost('quota-never', 'QuotaExceeded', quota);
    await witness('quota exhausted, not raised', 'quota-never', quota).sawAll();
  });

  it('goes on when the quota is raised', async () => {
    await quota.create(run('quota-late'));
    await waits('quota-late', 'QuotaExceeded', quota);
    const raise = ['patch', 'resourcequota', 'bound', '-p', '{"spec":{"hard":{"pods":"10"}}}'];
    await mended('quota exhausted, raised', 'quota-late', () => quota.kubectl(raise), quota);
  });

  it('is lost where a LimitRange forbids what it asks for', async () => {
    await isLost('range-never', 'PodRefused', limits);
    await witness('more than a LimitRange allows', 'range-never', limits).sawAll();
  });
});
