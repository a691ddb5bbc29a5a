/** What is so of every stage pod, whatever a template says. */
import assert from 'node:assert/strict';
import type { Pod } from '../../../api/kubernetes.ts';
import type { Json } from '../../../api/pipeline.ts';
import { aFullInstance, podOf } from './stage-attempt.ts';

const PLAIN: Pod = podOf(aFullInstance());
const RUNNER_ONLY: ReadonlySet<string> = new Set([
  'otto-token',
  'otto-tmp',
  'otto-credentials-0',
  'otto-credentials-1',
]);
const FIXED: readonly string[] = [...RUNNER_ONLY, 'otto-io', 'otto-shell'];

/** One line for each rule that a pod of `aFullInstance` breaks. */
export function violations(pod: Pod, template: { readonly [key: string]: Json }): string[] {
  const { spec, metadata } = pod;
  const broken: string[] = [];
  const must = (what: string, holds: boolean): void => {
    if (!holds) broken.push(what);
  };
  const same = (what: string, a: unknown, b: unknown): void => must(what, isSame(a, b));
  const { resources: _, ...runner } = spec?.containers[0] ?? { name: '' };
  const { resources: __, ...built } = PLAIN.spec?.containers[0] ?? { name: '' };
  same('the runner is as built, and first', runner, built);
  must('there is one runner', spec?.containers.filter(({ name }) => name === 'otto').length === 1);
  for (const name of ['main', 'tools']) {
    must(`${name} is there`, spec?.containers.some((container) => container.name === name) === true);
  }
  same('the placer is as built', spec?.initContainers?.[0], PLAIN.spec?.initContainers?.[0]);
  const others = [...(spec?.containers.slice(1) ?? []), ...(spec?.initContainers ?? [])];
  for (const { name, volumeMounts = [], volumeDevices = [] } of others) {
    const mounted = [...volumeMounts, ...volumeDevices].map((mount) => mount.name);
    must(`${name} mounts nothing of the runner`, !mounted.some((volume) => RUNNER_ONLY.has(volume)));
  }
  for (const name of FIXED) {
    const of = (from: Pod): unknown => from.spec?.volumes?.filter((volume) => volume.name === name);
    same(`volume ${name} is as built, once`, of(pod), of(PLAIN));
  }
  const audiences = (spec?.volumes ?? [])
    .filter(({ name }) => name !== 'otto-token')
    .flatMap(({ projected }) => projected?.sources ?? [])
    .map(({ serviceAccountToken }) => serviceAccountToken?.audience);
  must('no other volume has a token for reports', !audiences.includes('otto'));
  for (const field of ['name', 'namespace', 'ownerReferences', 'finalizers', 'generateName'] as const) {
    same(`metadata.${field} is as built`, metadata[field], PLAIN.metadata[field]);
  }
  const reserved = (from: Pod): Record<string, string> =>
    Object.fromEntries(
      Object.entries(from.metadata.labels ?? {}).filter(([name]) => /^otto\.dev\/|managed-by$/.test(name)),
    );
  same('the labels of Otto are as built', reserved(pod), reserved(PLAIN));
  const { annotations = {} } = metadata;
  must('kubectl logs shows the runner', annotations['kubectl.kubernetes.io/default-container'] === 'otto');
  must(
    'no annotation is in the name of Otto',
    !Object.keys(annotations).some((name) => name.startsWith('otto.dev/')),
  );
  must(
    'the runner stays confined',
    !Object.keys(annotations).some((name) => name.endsWith('kubernetes.io/otto')),
  );
  must('no process namespace is shared', spec?.shareProcessNamespace !== true && spec?.hostPID !== true);
  must('the pod runs once', spec?.restartPolicy === 'Never');
  must('the stop is not forged', spec?.activeDeadlineSeconds !== 1);
  must('nothing is attached', spec?.ephemeralContainers === undefined);
  same(
    'the grace period is as built',
    spec?.terminationGracePeriodSeconds,
    PLAIN.spec?.terminationGracePeriodSeconds,
  );
  must(
    'no token of the service account unless asked for',
    spec?.automountServiceAccountToken === false ||
      JSON.stringify(template).includes('"automountServiceAccountToken":'),
  );
  must('it is a new pod', pod.status === undefined && pod.kind === 'Pod' && pod.apiVersion === 'v1');
  return broken;
}

function isSame(a: unknown, b: unknown): boolean {
  try {
    assert.deepEqual(a, b);
    return true;
  } catch {
    return false;
  }
}
