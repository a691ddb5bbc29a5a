// What three stages are measured against: three pods of one container in order, with nobody in between but a watch.
import type { Pod } from '../../src/api/kubernetes.ts';
import type { ApiClient } from '../../src/kube/client.ts';
import { PODS } from '../../src/kube/resource.ts';

const LIMIT_MS = 120_000;
const PODS_IN_ORDER = 3;

/** @returns milliseconds from the first creation until the watch showed the last one Succeeded. */
export async function barePods(
  client: ApiClient,
  namespace: string,
  name: string,
  image: string,
): Promise<number> {
  const { metadata } = await client.list(PODS, { namespace, limit: 1 });
  const stop = new AbortController();
  const watching = {
    namespace,
    resourceVersion: metadata.resourceVersion ?? '',
    timeoutSeconds: 600,
    signal: AbortSignal.any([stop.signal, AbortSignal.timeout(LIMIT_MS)]),
  };
  let created = 1;
  const began = performance.now();
  await client.create(PODS, namespace, pod(`${name}-1`, image));
  try {
    for await (const event of client.watch(PODS, watching)) {
      if (event.type === 'BOOKMARK' || event.object.metadata.name !== `${name}-${created}`) continue;
      const phase = event.object.status?.phase;
      if (phase === 'Failed') throw new Error(`the bare pod ${name}-${created} failed`);
      if (phase !== 'Succeeded') continue;
      if (created === PODS_IN_ORDER) return performance.now() - began;
      created++;
      await client.create(PODS, namespace, pod(`${name}-${created}`, image));
    }
  } finally {
    stop.abort();
  }
  throw new Error(`the bare pod ${name}-${created} did not succeed within ${LIMIT_MS / 1000} s`);
}

function pod(name: string, image: string): Pod {
  const command = ['sh', '-c', 'echo one; echo two; echo three'];
  return {
    metadata: { name },
    spec: {
      restartPolicy: 'Never',
      containers: [{ name: 'main', image, imagePullPolicy: 'IfNotPresent', command }],
    },
  };
}
