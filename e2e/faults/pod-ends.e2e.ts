/** Pods that end otherwise than by their stage: deleted, evicted, killed, out of memory, out of time. */
import assert from 'node:assert/strict';
import type { Stage } from '../../src/api/generated/types.ts';
import type { Pod } from '../../src/api/kubernetes.ts';
import type { Run, StageStatus } from '../../src/api/run.ts';
import { killFirstProcess, processesOf } from '../node.ts';
import { anInlineRun, Space, stageOf } from '../space.ts';
import { eventually, IMAGE, PATIENCE_MS, prepare } from './ground.ts';
import { Witness } from './page.ts';

/** The first attempt runs until it is ended from outside. */
const FIRST_HANGS = { sh: 'test $OTTO_ATTEMPT -gt 1 || sleep 1000' };
const HANGS = { sh: 'sleep 1000' };
const STAGE: Stage = { name: 'build', gracePeriod: '1s', steps: [FIRST_HANGS] };
const HOLD = 'example.com/hold';

describe('a pod that', function () {
  this.timeout(PATIENCE_MS * 2);
  const space = new Space('pod-ends', 'privileged');

  const create = async (name: string, stage: Partial<Stage> = {}): Promise<void> => {
    const pipeline = { defaults: { image: IMAGE }, stages: [{ ...STAGE, ...stage }] };
    await space.create(anInlineRun(name, pipeline));
  };
  const witness = (fault: string, run: string): Witness =>
    new Witness(fault, () => space.kubectl(['describe', 'run', run]));
  /** The pod of an attempt whose step runs. */
  const running = async (of: string, attempt = 1): Promise<Pod> => {
    const run = await space.until(of, `a step of attempt ${attempt}`, ({ status }) => {
      const stage = status?.stages?.[0];
      return stage?.attempt === attempt && (stage.steps?.length ?? 0) > 0;
    });
    const name = stageOf(run, 'build').podName ?? '';
    // The runner has told of its step before the kubelet has told of its container.
    return await eventually(`the containers of ${name} are known`, async () => {
      const pod: Pod = JSON.parse(await space.kubectl(['get', 'pod', name, '-o', 'json']));
      const known = ['otto', 'main'].every((container) => processesOf(pod, container).length > 0);
      return known ? pod : undefined;
    });
  };
  const nameOf = ({ metadata }: Pod): string => metadata.name ?? '';
  /** It ended well in its second attempt, the first having been lost for this reason. */
  const endsAfter = async (name: string, reason: string): Promise<Run> => {
    const run = await space.ended(name, PATIENCE_MS);
    const stage = stageOf(run, 'build');
    assert.deepEqual(
      { result: run.status?.result, attempt: stage.attempt, retried: lost(stage) },
      { result: 'Succeeded', attempt: 2, retried: [{ result: 'Lost', reason }] },
    );
    return run;
  };
  const lost = ({ retried = [] }: StageStatus): object[] =>
    retried.map(({ result, reason }) => ({ result, reason }));

  before(async () => {
    await prepare();
    await space.start();
    // Its end takes the longest.
    await create('template', { steps: [HANGS], podTemplate: { spec: { activeDeadlineSeconds: 20 } } });
  });
  afterEach(async function () {
    await space.explain(this.currentTest);
  });
  after(() => space.stop());

  it('is deleted while it runs is replaced', async () => {
    await create('deleted');
    await space.kubectl(['delete', 'pod', nameOf(await running('deleted')), '--wait=false']);
    await endsAfter('deleted', 'PodDeleted');
    await witness('pod deleted while it runs', 'deleted').sawAll();
  });

  it('is deleted by force is replaced', async () => {
    await create('forced');
    const pod = nameOf(await running('forced'));
    await space.kubectl(['delete', 'pod', pod, '--force', '--grace-period=0', '--wait=false']);
    await endsAfter('forced', 'PodDeleted');
    await witness('pod deleted by force', 'forced').sawAll();
  });

  it('is deleted before a node has taken it is replaced', async () => {
    await create('unplaced', {
      podTemplate: { spec: { nodeSelector: { 'example.com/unplaced': space.namespace } } },
    });
    await space.until('unplaced', 'Unschedulable', ({ status }) => {
      return status?.stages?.[0]?.reason === 'Unschedulable';
    });
    await space.kubectl(['delete', 'pod', 'unplaced-build-1', '--wait=false']);
    await space.until('unplaced', 'a second attempt', ({ status }) => status?.stages?.[0]?.attempt === 2);
    await space.kubectl(['label', 'node', '--all', `example.com/unplaced=${space.namespace}`, '--overwrite']);
    await endsAfter('unplaced', 'PodDeleted');
    await space.kubectl(['label', 'node', '--all', 'example.com/unplaced-']);
    await witness('pod deleted before a node has taken it', 'unplaced').sawAll();
  });

  it('is deleted again and again is replaced as often as its budget says', async () => {
    await create('again', { steps: [HANGS], retries: { infrastructure: 1 } });
    for (const attempt of [1, 2]) {
      const pod = nameOf(await running('again', attempt));
      await space.kubectl(['delete', 'pod', pod, '--force', '--grace-period=0', '--wait=false']);
    }
    const run = await space.ended('again', PATIENCE_MS);
    const { result, reason, attempt, retried } = stageOf(run, 'build');
    assert.deepEqual(
      { run: run.status?.result, result, reason, attempt, retried: retried?.length },
      { run: 'Lost', result: 'Lost', reason: 'PodDeleted', attempt: 2, retried: 1 },
    );
    await witness('pod deleted more often than is repeated', 'again').sawAll();
  });

  it('is evicted through the API is replaced', async () => {
    await create('drained');
    const name = nameOf(await running('drained'));
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } };
    const path = `/api/v1/namespaces/${space.namespace}/pods/${name}/eviction`;
    await space.kubectl(['create', '--raw', path, '-f', '-'], eviction);
    await endsAfter('drained', 'Evicted');
    await witness('node drained', 'drained').sawAll();
  });

  it('somebody gave a deadline is replaced', async () => {
    await create('deadline');
    const name = nameOf(await running('deadline'));
    await space.kubectl(['patch', 'pod', name, '-p', '{"spec":{"activeDeadlineSeconds":1}}']);
    await endsAfter('deadline', 'PodStopped');
    await witness('deadline set on the pod by somebody', 'deadline').sawAll();
  });

  it('runs longer than the deadline of its template has timed out', async () => {
    const run = await space.ended('template', PATIENCE_MS);
    const { result, reason } = stageOf(run, 'build');
    assert.deepEqual({ result, reason }, { result: 'TimedOut', reason: 'DeadlineExceeded' });
    await witness('deadline in `podTemplate`', 'template').sawAll();
  });

  it('loses its runner is replaced', async () => {
    await create('runner');
    await killFirstProcess(() => running('runner'), 'otto');
    await endsAfter('runner', 'RunnerLost');
    await witness('runner killed', 'runner').sawAll();
  });

  it('loses its container is replaced', async () => {
    await create('container');
    await killFirstProcess(() => running('container'), 'main');
    await endsAfter('container', 'ContainerKilled');
    await witness('container killed', 'container').sawAll();
  });

  it('takes more memory than it may has failed, and that is the user’s', async () => {
    await create('memory', {
      steps: [{ sh: 'head -c 200000000 /dev/zero | tail -c 150000000 >/dev/null' }],
      resources: { limits: { memory: '32Mi' } },
    });
    const run = await space.ended('memory', PATIENCE_MS);
    const { result, reason, retried } = stageOf(run, 'build');
    assert.deepEqual(
      { result, reason, retried },
      { result: 'Failed', reason: 'OOMKilled', retried: undefined },
    );
    await witness('out of memory', 'memory').sawAll();
  });

  it('has a finalizer of somebody else holds nothing up', async () => {
    await create('held');
    const name = nameOf(await running('held'));
    await space.kubectl(['patch', 'pod', name, '-p', JSON.stringify({ metadata: { finalizers: [HOLD] } })]);
    await space.kubectl(['delete', 'pod', name, '--wait=false']);
    try {
      await endsAfter('held', 'PodDeleted');
      await witness('pod deleted and held by a finalizer', 'held').sawAll();
      assert.equal((await space.pods('otto.dev/attempt=1,otto.dev/run=held')).length, 1);
    } finally {
      await space.kubectl(['patch', 'pod', name, '--type=merge', '-p', '{"metadata":{"finalizers":null}}']);
    }
    await eventually('the pod is gone', async () => {
      const pods = await space.pods('otto.dev/attempt=1,otto.dev/run=held');
      return pods.length === 0 || undefined;
    });
  });
});
