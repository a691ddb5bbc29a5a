import assert from 'node:assert/strict';
import { aFullInstance, podOf } from './pod/testing/stage-attempt.ts';
import { stripMeta, stripObject, stripPod } from './strip.ts';

describe('what the caches keep', () => {
  it('of metadata is all but who wrote which field and what kubectl applied', () => {
    const metadata = { name: 'a', uid: 'u', resourceVersion: '7', labels: { a: 'b' } };
    const annotations = { note: 'n', 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
    assert.deepEqual(stripMeta({ ...metadata, annotations, managedFields: [{ manager: 'x' }] }), {
      ...metadata,
      annotations: { note: 'n' },
    });
    assert.deepEqual(stripMeta(metadata), metadata);
  });

  it('of an object is its spec and status', () => {
    const run = { metadata: { name: 'a', managedFields: [] }, spec: { x: 1 }, status: { y: 2 } };
    assert.deepEqual(stripObject(run), { metadata: { name: 'a' }, spec: { x: 1 }, status: { y: 2 } });
  });

  const pod = podOf(aFullInstance());
  const full = {
    ...pod,
    metadata: { ...pod.metadata, uid: 'u', managedFields: [{ manager: 'x' }] },
    spec: { ...pod.spec, containers: pod.spec?.containers ?? [], nodeName: 'n', activeDeadlineSeconds: 1 },
    status: { phase: 'Running', reason: 'x' },
  };
  const small = stripPod(full);

  it('of a pod is what is read back: whose it is, where it runs, whether it is stopped, its status', () => {
    const { labels, ownerReferences, uid } = small.metadata;
    assert.deepEqual(
      { labels, ownerReferences, uid },
      {
        labels: pod.metadata.labels,
        ownerReferences: pod.metadata.ownerReferences,
        uid: 'u',
      },
    );
    assert.equal(small.spec?.nodeName, 'n');
    assert.equal(small.spec?.activeDeadlineSeconds, 1);
    // How long a stop may take before the pod is deleted by force.
    assert.ok(pod.spec?.terminationGracePeriodSeconds !== undefined);
    assert.equal(small.spec?.terminationGracePeriodSeconds, pod.spec.terminationGracePeriodSeconds);
    assert.deepEqual(small.status, full.status);
  });

  it('of its containers is name, image and limits, and which of them are services', () => {
    assert.deepEqual(
      small.spec?.containers.map(({ name }) => name),
      ['otto', 'main', 'tools'],
    );
    assert.deepEqual(small.spec?.initContainers, [
      { name: 'otto-shell', image: 'localhost/otto:1' },
      { name: 'db', image: 'postgres:17', restartPolicy: 'Always' },
    ]);
  });

  it('of a status is what says how the pod is doing, and not what it is made of', () => {
    const ended = { exitCode: 1, reason: 'Error', message: 'm', startedAt: 's', finishedAt: 'f' };
    const container = { name: 'main', image: 'busybox', ready: false, restartCount: 1, started: false };
    const states = { state: { terminated: ended }, lastState: { terminated: ended } };
    const scheduled = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no node' };
    const kept = {
      phase: 'Failed',
      reason: 'Evicted',
      message: 'low on memory',
      conditions: [scheduled],
      initContainerStatuses: [],
      containerStatuses: [{ ...container, imageID: '', ...states }],
    };
    const more = { containerID: 'containerd://x', imageID: 'y', volumeMounts: [] };
    const withMore = {
      ...container,
      ...more,
      state: { terminated: { ...ended, containerID: 'containerd://x' } },
      lastState: { terminated: ended },
    };
    const status = {
      ...kept,
      podIP: '10.0.0.1',
      conditions: [
        { ...scheduled, lastTransitionTime: '2026-01-01T00:00:00Z' },
        { type: 'Ready', status: 'False' },
      ],
      containerStatuses: [withMore],
    };
    assert.deepEqual(stripPod({ ...full, status }).status, kept);
  });

  it('of a pod is a small part of it, without the instructions', () => {
    const text = JSON.stringify(small);
    assert.ok(text.length < JSON.stringify(full).length / 4);
    assert.ok(!text.includes('OTTO_INSTRUCTIONS'));
  });
});
