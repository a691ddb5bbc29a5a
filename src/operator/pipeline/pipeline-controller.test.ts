import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Pipeline, Step } from '../../api/pipeline.ts';
import type { ApiClient } from '../../kube/client.ts';
import { loadLibrary } from '../../stdlib.ts';
import { judge, reconcilePipeline } from './pipeline-controller.ts';

const library = loadLibrary(join(import.meta.dirname, '../../../stdlib'));
const NOW = Date.parse('2026-03-01T12:00:00.500Z');

function aPipeline(step: Step, status?: Pipeline['status']): Pipeline {
  return {
    metadata: { name: 'webapp', namespace: 'team', generation: 3 },
    spec: { stages: [{ name: 'build', image: 'busybox:1.36', steps: [step] }] },
    ...(status === undefined ? {} : { status }),
  };
}

const shown = ({ conditions = [] }: NonNullable<Pipeline['status']>): string =>
  conditions.map(({ type, status, reason }) => `${type}=${status}/${reason}`).join(' ');

describe('the status of a Pipeline', () => {
  it('is Ready when it can be run', () => {
    const status = judge(aPipeline({ sh: 'make' }), library, NOW);
    assert.equal(shown(status), 'Ready=True/Valid');
    assert.deepEqual([status.stages, status.observedGeneration], [1, 3]);
  });

  it('is Stalled too when it cannot, since waiting does not help, and no more once it is corrected', () => {
    const wrong = judge(aPipeline({ hs: 'make' }), library, NOW);
    assert.equal(shown(wrong), 'Ready=False/Invalid Stalled=True/Invalid');
    assert.match(wrong.conditions?.[0]?.message ?? '', /spec\.stages\[0\]\.steps\[0\].*hs/);
    assert.equal(shown(judge(aPipeline({ sh: 'make' }, wrong), library, NOW)), 'Ready=True/Valid');
  });

  it('does not change by being judged again, and keeps the conditions of others', () => {
    const lastTransitionTime = '2026-01-01T00:00:00Z';
    const other = {
      type: 'Approved',
      status: 'True' as const,
      reason: 'ByHand',
      message: '',
      lastTransitionTime,
    };
    const first = judge(aPipeline({ hs: 'make' }, { conditions: [other] }), library, NOW);
    assert.deepEqual(first.conditions?.[0], other);
    assert.deepEqual(judge(aPipeline({ hs: 'make' }, first), library, NOW + 60_000), first);
  });

  it('is written once, in whatever order the API server gives its fields back', async () => {
    const pipeline = aPipeline({ sh: 'make' }, judge(aPipeline({ sh: 'make' }), library, NOW));
    const written = { ...pipeline, status: sorted(pipeline.status ?? {}) };
    const pipelines = { get: () => written, byIndex: () => [], observe: () => {} };
    const client = { patch: () => Promise.reject(new Error('written again')) } as unknown as ApiClient;
    const outcome = await reconcilePipeline('team/webapp', { client, pipelines, library, now: () => NOW });
    assert.deepEqual(outcome, { result: 'success' });
  });
});

/** As Go's JSON: fields by name. */
function sorted<T>(value: T): T {
  return JSON.parse(
    JSON.stringify(value, (_, inner: unknown) =>
      inner === null || typeof inner !== 'object' || Array.isArray(inner)
        ? inner
        : Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))),
    ),
  );
}
