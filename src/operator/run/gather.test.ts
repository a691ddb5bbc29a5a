import assert from 'node:assert/strict';
import type { KubeObject } from '../../api/kubernetes.ts';
import { loadLibrary } from '../../stdlib.ts';
import { aPod, aRun, CONFIG, NOW } from '../../testing/engine/builders.ts';
import { PlanStore } from '../plan-store.ts';
import { PodWarnings } from '../pod-warnings.ts';
import { Refusals } from '../refusals.ts';
import { ReportStore } from '../report-store.ts';
import type { View } from '../views.ts';
import { gather } from './gather.ts';

const library = loadLibrary(new URL('../../../stdlib', import.meta.url).pathname);

function viewOf<T extends KubeObject>(objects: readonly T[]): View<T> {
  return { get: () => undefined, byIndex: () => objects, observe: () => {} };
}

describe('what is gathered for a Run', () => {
  it('holds no pod of another namespace, whatever owner that names', async () => {
    const own = aPod('a');
    const foreign = aPod('b');
    foreign.metadata.namespace = 'other';
    const client = {
      get: () => Promise.reject(new Error('none')),
      create: () => Promise.reject(new Error('none')),
    };
    const views = { runs: viewOf([]), pods: viewOf([foreign, own]), pipelines: viewOf([]) };
    const now = (): number => NOW;
    const { input } = await gather(aRun({}, { completionTime: '2026-03-01T12:00:00Z' }), {
      client,
      views,
      plans: new PlanStore(client, library, views.pipelines),
      reports: new ReportStore(),
      warnings: new PodWarnings({ list: () => Promise.reject(new Error('none')) }, now),
      refusals: new Refusals(now),
      now,
      engine: CONFIG,
    });
    assert.deepEqual(
      input.pods.map(({ metadata }) => metadata.name),
      ['demo-a-1'],
    );
  });
});
