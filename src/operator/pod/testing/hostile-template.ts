/** Pod templates as an attacker would write them, and as a fuzzer would. */
import * as fc from 'fast-check';

const OTTOS = ['otto-token', 'otto-tmp', 'otto-credentials-0', 'otto-credentials-1', 'otto-io', 'otto-shell'];

/** Mostly what it is given, now and then any JSON at all. */
function hostile<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 12, arbitrary }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) });
}

function object(fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> {
  return hostile(fc.record(fields, { requiredKeys: [] }));
}

function list(entry: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return hostile(fc.array(entry, { maxLength: 4 }));
}

const directive = fc.constantFrom('replace', 'delete', 'merge');
const containerName = fc.constantFrom('otto', 'main', 'tools', 'db', 'otto-shell', 'extra', 'Otto');
const volumeName = fc.constantFrom(
  ...OTTOS,
  'otto-credentials-2',
  'workspace',
  'otto-home',
  'mine',
  'OTTO-TOKEN',
);
const path = fc.constantFrom('/x', '/otto-token', '/otto-credentials/git-key', '/workspace', '/tmp');
const flag = fc.boolean();
const mount = object({
  name: volumeName,
  mountPath: path,
  subPath: fc.constantFrom('token', '..'),
  subPathExpr: fc.constant('$(A)'),
  $patch: directive,
});
const container = object({
  name: containerName,
  image: fc.constant('localhost/evil:1'),
  command: list(fc.string()),
  env: list(
    object({ name: fc.constantFrom('OTTO_INSTRUCTIONS_0', 'NODE_OPTIONS', 'A'), value: fc.string() }),
  ),
  envFrom: list(object({ secretRef: fc.constant({ name: 'git-key' }) })),
  volumeMounts: list(mount),
  volumeDevices: list(object({ name: volumeName, devicePath: path })),
  resources: object({ limits: fc.constant({ memory: '1Mi' }) }),
  securityContext: object({ privileged: flag, runAsUser: fc.nat(2) }),
  lifecycle: fc.constant({ postStart: { exec: { command: ['cat', '/otto-token/token'] } } }),
  restartPolicy: fc.constantFrom('Always', 'Never'),
  $patch: directive,
});
const token = object({ audience: fc.constantFrom('otto', 'OTTO', ''), path: fc.constant('token') });
const volume = object({
  name: volumeName,
  secret: object({ secretName: fc.constantFrom('git-key', 'other') }),
  projected: object({
    sources: list(object({ serviceAccountToken: token, secret: fc.constant({ name: 'git-key' }) })),
  }),
  hostPath: fc.constant({ path: '/var/lib/kubelet/pods' }),
  emptyDir: fc.constant({}),
  $patch: directive,
});
const names = fc.dictionary(
  fc.constantFrom(
    'otto.dev/run',
    'otto.dev/other',
    'app.kubernetes.io/managed-by',
    'kubectl.kubernetes.io/default-container',
    'container.apparmor.security.beta.kubernetes.io/otto',
    'team',
    '$patch',
  ),
  hostile(fc.constantFrom('x', 'replace', null)),
);
export const hostileTemplate: fc.Arbitrary<unknown> = fc.record(
  {
    apiVersion: fc.constant('v2'),
    kind: fc.constant('Evil'),
    status: fc.constant({ phase: 'Succeeded' }),
    metadata: object({
      name: fc.constant('other'),
      generateName: fc.constant('other-'),
      namespace: fc.constant('kube-system'),
      labels: hostile(names),
      annotations: hostile(names),
      finalizers: fc.constant(['never.dev/gone']),
      ownerReferences: fc.constantFrom<unknown>([], null, [{ kind: 'Run', uid: 'other', controller: true }]),
      $patch: directive,
    }),
    spec: object({
      containers: list(container),
      initContainers: list(container),
      ephemeralContainers: list(container),
      volumes: list(volume),
      shareProcessNamespace: flag,
      hostPID: flag,
      hostIPC: flag,
      restartPolicy: fc.constantFrom('Always', 'OnFailure'),
      activeDeadlineSeconds: fc.constantFrom<unknown>(1, 60, '1', null),
      terminationGracePeriodSeconds: fc.constantFrom<unknown>(0, null),
      serviceAccountName: fc.constant('admin'),
      automountServiceAccountToken: fc.constantFrom<unknown>(true, false, null),
      enableServiceLinks: flag,
      securityContext: object({ runAsUser: fc.nat(2), fsGroup: fc.nat(2) }),
      nodeName: fc.constant('control-plane'),
      $patch: directive,
    }),
    $patch: directive,
  },
  { requiredKeys: [] },
);
