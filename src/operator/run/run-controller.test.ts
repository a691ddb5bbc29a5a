import assert from 'node:assert/strict';
import type { KubeObject, Pod } from '../../api/kubernetes.ts';
import type { Run, RunStatus } from '../../api/run.ts';
import { formatTime } from '../../engine/time.ts';
import type { ApiClient, Patch } from '../../kube/client.ts';
import { ApiError } from '../../kube/errors.ts';
import { type ObjectKey, type ResourceType, RUNS } from '../../kube/resource.ts';
import type { Plan } from '../../plan/plan.ts';
import { loadLibrary } from '../../stdlib.ts';
import { aPlan, aPod, aReport, aRun, aStage, CONFIG, NOW } from '../../testing/engine/builders.ts';
import { applyJsonPatch } from '../../testing/json-patch.ts';
import { readConfig } from '../config.ts';
import { createMetrics } from '../metrics.ts';
import { packPlan } from '../plan-data.ts';
import { PlanStore } from '../plan-store.ts';
import { PodWarnings } from '../pod-warnings.ts';
import { Refusals } from '../refusals.ts';
import { ReportStore } from '../report-store.ts';
import type { View } from '../views.ts';
import { RunController } from './run-controller.ts';

const library = loadLibrary(new URL('../../../stdlib', import.meta.url).pathname);
const config = readConfig({ OTTO_RUNNER_IMAGE: 'otto' }, [], 'test');
const logger = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };
const metrics = createMetrics();
const KEY = 'team/demo';

function viewOf<T extends KubeObject>(objects: T[]): View<T> {
  return {
    get: ({ name }) => objects.find((object) => object.metadata.name === name),
    byIndex: () => objects,
    observe: (object) => {
      const at = objects.findIndex(({ metadata }) => metadata.name === object.metadata.name);
      objects.splice(at === -1 ? objects.length : at, at === -1 ? 0 : 1, object);
    },
  };
}

describe('what the controller of Runs remembers', () => {
  let runs: Run[];
  let pods: Pod[];
  let plan: Plan;
  let reports: ReportStore;
  let controller: RunController;

  /** Knows the plan, and takes patches of the Run's status. */
  const client = {
    get: (): Promise<unknown> => Promise.resolve({ metadata: { name: 'demo-0' }, data: packPlan(plan) }),
    patch: (type: ResourceType<KubeObject>, { name }: ObjectKey, { body }: Patch): Promise<unknown> => {
      const run = runs.find(({ metadata }) => metadata.name === name);
      if (type.plural !== RUNS.plural || run === undefined || !Array.isArray(body)) {
        return Promise.reject(new ApiError(404, 'NotFound', name));
      }
      const changed = structuredClone(run);
      applyJsonPatch(changed, body.slice(1));
      return Promise.resolve(changed);
    },
  } as unknown as ApiClient;

  function start(): void {
    const views = { runs: viewOf(runs), pods: viewOf(pods), pipelines: viewOf([]) };
    reports = new ReportStore();
    const now = (): number => NOW;
    const refusals = new Refusals(now);
    const warnings = new PodWarnings({ list: () => Promise.reject(new Error('none')) }, now);
    const plans = new PlanStore(client, library, views.pipelines);
    controller = new RunController({
      sources: { client, views, plans, reports, warnings, refusals, now, engine: CONFIG },
      targets: { client, views, refusals, pods: config.pods, reportTarget: () => undefined, event: () => {} },
      client,
      logger,
      metrics,
      progressIntervalMs: 1000,
    });
  }

  /** So many stages side by side, each with a pod that is recorded. */
  function running(count: number): void {
    plan = aPlan(Array.from({ length: count }, (_, i) => aStage(`s${i}`, { needs: [] })));
    pods = plan.stages.map(({ name }) => aPod(name, { uid: `uid-${name}` }));
    const startTime = formatTime(NOW);
    const status: RunStatus = {
      plan: 'demo-0',
      startTime,
      stages: plan.stages.map(({ name }) => ({
        name,
        state: 'Running',
        attempt: 1,
        podName: `demo-${name}-1`,
        podUID: `uid-${name}`,
        startTime,
      })),
    };
    runs = [aRun({}, status)];
    start();
  }

  function allReport(result?: 'Succeeded'): void {
    const uid = runs[0]?.metadata.uid ?? '';
    for (const { name } of plan.stages) reports.put(uid, `uid-${name}`, aReport(name, result));
  }

  it('goes with the end of the Run, of stages too of which the status keeps no pod', async () => {
    running(101);
    allReport('Succeeded');
    await controller.reconcile(KEY);
    assert.equal(runs[0]?.status?.result, 'Succeeded');
    assert.equal(runs[0].status.stages?.[0]?.podUID, undefined);
    assert.equal(reports.size, 0);
  });

  it('does not come back with a report that comes after the end', async () => {
    running(1);
    allReport('Succeeded');
    await controller.reconcile(KEY);
    allReport();
    await controller.reconcile(KEY);
    assert.equal(reports.size, 0);
  });

  it('goes with a Run that is deleted', async () => {
    running(1);
    allReport();
    await controller.reconcile(KEY);
    assert.equal(reports.size, 1, 'it goes on');
    runs.splice(0);
    await controller.reconcile(KEY);
    assert.equal(reports.size, 0);
  });

  it('goes with a Run that another one of the same name came after, before anybody looked', async () => {
    running(1);
    allReport();
    await controller.reconcile(KEY);
    const run = aRun({}, { plan: 'demo-0' });
    runs.splice(0, 1, { ...run, metadata: { ...run.metadata, uid: 'another' } });
    await controller.reconcile(KEY);
    assert.equal(reports.size, 0);
  });
});
