import assert from 'node:assert/strict';
import type { ControllerRevision, KubeObject } from '../api/kubernetes.ts';
import type { Pipeline, PipelineSpec } from '../api/pipeline.ts';
import type { Run } from '../api/run.ts';
import { ApiError } from '../kube/errors.ts';
import type { ObjectKey, ResourceType } from '../kube/resource.ts';
import { loadLibrary } from '../stdlib.ts';
import { aRun, aStage } from '../testing/engine/builders.ts';
import { type PlanClient, PlanStore } from './plan-store.ts';
import type { View } from './views.ts';

const library = loadLibrary(new URL('../../stdlib', import.meta.url).pathname);
const SPEC: PipelineSpec = { stages: [aStage('build')] };

function aPipeline(spec: PipelineSpec = SPEC, generation = 1, uid = 'pipeline-uid'): Pipeline {
  return { metadata: { name: 'demo', namespace: 'team', uid, generation }, spec };
}

/** ControllerRevisions and Pipelines, and how often they were asked for. */
class Api implements PlanClient {
  readonly revisions: Map<string, ControllerRevision> = new Map();
  pipeline: Pipeline | undefined;
  readonly calls: string[] = [];
  failure: Error | undefined;

  get(type: { plural: string }, key: ObjectKey): Promise<never> {
    this.calls.push(`get ${type.plural}`);
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const found: KubeObject | undefined =
      type.plural === 'pipelines' ? this.pipeline : this.revisions.get(key.name);
    if (found === undefined) return Promise.reject(new ApiError(404, 'NotFound', 'not found'));
    return Promise.resolve(JSON.parse(JSON.stringify(found)) as never);
  }

  create<T extends KubeObject>(type: ResourceType<T>, namespace: string, object: T): Promise<T> {
    this.calls.push(`create ${type.plural}`);
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const name = object.metadata.name ?? '';
    assert.equal(object.metadata.namespace, namespace);
    if (this.revisions.has(name)) return Promise.reject(new ApiError(409, 'AlreadyExists', 'there'));
    this.revisions.set(name, JSON.parse(JSON.stringify(object)));
    return Promise.resolve(object);
  }
}

class PipelineView implements View<Pipeline> {
  cached: Pipeline | undefined;

  get(): Pipeline | undefined {
    return this.cached;
  }
  byIndex(): readonly Pipeline[] {
    return [];
  }
  observe(pipeline: Pipeline): void {
    this.cached = pipeline;
  }
}

describe('the plan of a Run', () => {
  let api: Api;
  let view: PipelineView;
  const store = (): PlanStore => new PlanStore(api, library, view);

  beforeEach(() => {
    api = new Api();
    view = new PipelineView();
    view.cached = aPipeline();
  });

  async function frozen(plans: PlanStore, run: Run = aRun()): Promise<string> {
    const answer = await plans.planFor(run);
    if ('problem' in answer) assert.fail(answer.problem.message);
    return answer.planName;
  }

  it('is frozen as a ControllerRevision that goes with its Pipeline', async () => {
    const name = await frozen(store());
    const { metadata, revision } = api.revisions.get(name) ?? assert.fail('is not there');
    assert.match(name, /^demo-[0-9a-f]{10}$/);
    assert.deepEqual(metadata.ownerReferences, [
      {
        apiVersion: 'otto.dev/v1alpha1',
        kind: 'Pipeline',
        name: 'demo',
        uid: 'pipeline-uid',
        controller: true,
        blockOwnerDeletion: false,
      },
    ]);
    assert.equal(metadata.labels?.['app.kubernetes.io/managed-by'], 'otto');
    assert.equal(revision, 1);
  });

  it('is compiled and written once for all Runs of a version, also for those that come at once', async () => {
    const plans = store();
    const names = await Promise.all(Array.from({ length: 20 }, () => frozen(plans)));
    assert.equal(new Set(names).size, 1);
    assert.deepEqual(api.calls, ['create controllerrevisions']);
  });

  it('is another for another version, and the first again for an edit taken back', async () => {
    const plans = store();
    const first = await frozen(plans);
    view.cached = aPipeline({ stages: [aStage('other')] }, 2);
    const second = await frozen(plans);
    view.cached = aPipeline(SPEC, 3);
    assert.notEqual(second, first);
    assert.equal(await frozen(plans), first, 'what is there already is no error');
  });

  it('is not what somebody else put in its place: it can be guessed', async () => {
    const name = await frozen(store());
    const other = await frozen(store(), {
      ...aRun(),
      spec: { pipelineSpec: { stages: [aStage('evil')] } },
    });
    const held = api.revisions.get(name) ?? assert.fail('is not there');
    const evil = api.revisions.get(other) ?? assert.fail('is not there');
    api.revisions.set(name, { ...held, data: evil.data ?? {} });
    await assert.rejects(frozen(store()), /holds something else; delete it/);
    api.revisions.delete(name);
    assert.equal(await frozen(store()), name);
  });

  it('is another for a Pipeline that was deleted and made again', async () => {
    const plans = store();
    const first = await frozen(plans);
    view.cached = aPipeline(SPEC, 1, 'uid-2');
    assert.notEqual(await frozen(plans), first);
  });

  it('is the one that the Run has recorded, whatever the Pipeline says by now, also after a restart', async () => {
    const plan = await frozen(store());
    view.cached = undefined;
    const answer = await store().planFor(aRun({}, { plan }));
    assert.ok('plan' in answer);
    assert.deepEqual(
      answer.plan.stages.map(({ name }) => name),
      ['build'],
    );
  });

  it('is read once after a restart', async () => {
    const plan = await frozen(store());
    const plans = store();
    api.calls.length = 0;
    for (let pass = 0; pass < 3; pass++) await frozen(plans, aRun({}, { plan }));
    assert.deepEqual(api.calls, ['get controllerrevisions']);
  });

  it('of a Pipeline within the Run belongs to the Run', async () => {
    const { pipelineRef: _, ...spec } = aRun().spec;
    const run: Run = { ...aRun(), spec: { ...spec, pipelineSpec: SPEC } };
    const name = await frozen(store(), run);
    const [owner] = api.revisions.get(name)?.metadata.ownerReferences ?? [];
    assert.deepEqual([owner?.kind, owner?.uid], ['Run', run.metadata.uid]);
  });

  it('is had from the API server where the cache does not know the Pipeline yet', async () => {
    view.cached = undefined;
    api.pipeline = aPipeline();
    await frozen(store());
    assert.deepEqual(view.get(), api.pipeline, 'and the cache knows it from then on');
  });

  it('waits for a Pipeline that does not exist, and is there when it appears', async () => {
    view.cached = undefined;
    const plans = store();
    const answer = await plans.planFor(aRun());
    assert.deepEqual(answer, {
      problem: {
        reason: 'PipelineNotFound',
        message: 'there is no Pipeline "demo" in namespace "team"; the Run starts when it appears',
      },
    });
    view.cached = aPipeline();
    await frozen(plans);
  });

  it('is none where the Pipeline cannot work, said with path and cure; an edit mends it', async () => {
    view.cached = aPipeline({ stages: [aStage('a', { steps: [{ shh: 'ls' }] })] });
    const plans = store();
    const answer = await plans.planFor(aRun());
    assert.ok('problem' in answer);
    assert.equal(answer.problem.reason, 'InvalidPipeline');
    assert.match(answer.problem.message, /stages\[0\]\.steps\[0\].*Did you mean 'sh'/);
    assert.deepEqual(api.calls, [], 'nothing is written of it');
    view.cached = aPipeline(SPEC, 2);
    await frozen(plans);
  });

  it('is lost when its ControllerRevision was deleted, and the message says what to do', async () => {
    const answer = await store().planFor(aRun({}, { plan: 'demo-0000000000' }));
    assert.ok('problem' in answer);
    assert.equal(answer.problem.reason, 'PlanLost');
    assert.match(answer.problem.message, /"demo-0000000000".*was deleted; start a new Run/);
  });

  for (const [what, data] of [
    ['what is no plan', { replicas: 1 }],
    ['a packed plan that is damaged', { gzip: 'AAAA' }],
    ['nothing', undefined],
  ] as const) {
    it(`is lost when its ControllerRevision holds ${what}, and is not tried for ever`, async () => {
      const revision: ControllerRevision = { metadata: { name: 'p' }, revision: 1, ...(data && { data }) };
      api.revisions.set('p', revision);
      const answer = await store().planFor(aRun({}, { plan: 'p' }));
      assert.ok('problem' in answer);
      assert.equal(answer.problem.reason, 'PlanLost');
    });
  }

  it('is tried again after an outage: a failure is not remembered', async () => {
    const plans = store();
    api.failure = new ApiError(503, 'ServiceUnavailable', 'away');
    await assert.rejects(plans.planFor(aRun()), /away/);
    await assert.rejects(plans.planFor(aRun({}, { plan: 'p' })), /away/);
    api.failure = undefined;
    await frozen(plans);
  });

  it('is never taken from another namespace', async () => {
    const plans = store();
    const plan = await frozen(plans);
    const elsewhere = aRun({}, { plan });
    elsewhere.metadata.namespace = 'other';
    api.calls.length = 0;
    await plans.planFor(elsewhere);
    assert.deepEqual(api.calls, ['get controllerrevisions']);
  });
});
