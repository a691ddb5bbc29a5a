import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Pod } from '../../api/kubernetes.ts';
import type { Json } from '../../api/pipeline.ts';
import { isRefusal } from '../refusals.ts';
import { hostileTemplate } from './testing/hostile-template.ts';
import { violations } from './testing/invariants.ts';
import { aFullInstance, anInstance, type Container, containerOf, podOf } from './testing/stage-attempt.ts';

type Template = { [key: string]: Json };

function withTemplate(template: Template): Pod {
  return podOf(aFullInstance({ podTemplate: template }));
}

/** Undefined: the template has no shape that could be merged, which is a refusal as the API server's. */
function tryTemplate(template: Template): Pod | undefined {
  try {
    return withTemplate(template);
  } catch (error) {
    assert.ok(isRefusal(error), String(error));
    assert.match(error.message, /podTemplate/);
    return undefined;
  }
}

describe('a pod template', () => {
  it('never changes what a stage pod is, whatever it says', () => {
    let merged = 0;
    fc.assert(
      fc.property(hostileTemplate, (given) => {
        const wanted: Template = JSON.parse(JSON.stringify(given));
        const pod = tryTemplate(wanted);
        if (pod === undefined) return;
        merged++;
        assert.deepEqual(violations(pod, wanted), []);
      }),
      { numRuns: 1500 },
    );
    assert.ok(merged > 300, `${merged} templates could be merged at all`);
  });

  it('of any JSON at all is merged or refused, and nothing else happens', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('metadata', 'spec'), fc.jsonValue()), (given) => {
        const anything: Template = JSON.parse(JSON.stringify(given));
        const pod = tryTemplate(anything);
        if (pod !== undefined) assert.deepEqual(violations(pod, anything), []);
      }),
    );
  });

  const attacks: { readonly [what: string]: Template } = {
    'replaces the runner': {
      spec: { containers: [{ name: 'otto', image: 'localhost/evil:1', command: ['sh'] }] },
    },
    'takes the runner out': { spec: { containers: [{ name: 'otto', $patch: 'delete' }] } },
    'gives the runner variables': {
      spec: {
        containers: [{ name: 'otto', env: [{ name: 'NODE_OPTIONS', value: '--require=/workspace/x.js' }] }],
      },
    },
    'replaces the spec as a whole': {
      spec: { $patch: 'replace', containers: [{ name: 'main', image: 'i' }] },
    },
    'replaces the pod as a whole': { $patch: 'replace', spec: { containers: [] } },
    'empties the pod': { $patch: 'delete' },
    'deletes what is in spec': { spec: { $patch: 'delete' } },
    'deletes spec and metadata': { spec: null, metadata: null },
    'deletes the lists': { spec: { containers: null, initContainers: null, volumes: null } },
    'has two runners in a replaced list': {
      spec: {
        containers: [{ $patch: 'replace' }, { name: 'otto' }, { name: 'otto', image: 'localhost/evil:1' }],
      },
    },
    'mounts the token in the container of the steps': {
      spec: { containers: [{ name: 'main', volumeMounts: [{ name: 'otto-token', mountPath: '/t' }] }] },
    },
    'mounts one file of the credentials in a service': {
      spec: {
        initContainers: [
          {
            name: 'db',
            volumeMounts: [{ name: 'otto-credentials-0', mountPath: '/k', subPath: 'ssh-privatekey' }],
          },
        ],
      },
    },
    'mounts credentials in an init container of its own': {
      spec: {
        initContainers: [
          { name: 'thief', image: 'i', volumeMounts: [{ name: 'otto-credentials-1', mountPath: '/k' }] },
        ],
      },
    },
    'attaches the token as a device': {
      spec: { containers: [{ name: 'main', volumeDevices: [{ name: 'otto-token', devicePath: '/dev/t' }] }] },
    },
    'attaches an ephemeral container': {
      spec: { ephemeralContainers: [{ name: 'x', targetContainerName: 'otto', image: 'i' }] },
    },
    'makes the volume of the token another one': {
      spec: { volumes: [{ name: 'otto-token', emptyDir: {} }] },
    },
    'makes the volume of the FIFOs a folder of the node': {
      spec: { volumes: [{ name: 'otto-io', hostPath: { path: '/tmp' } }] },
    },
    'asks for a token of the same audience under another name': {
      spec: {
        containers: [{ name: 'main', volumeMounts: [{ name: 'mine', mountPath: '/t' }] }],
        volumes: [
          {
            name: 'mine',
            projected: { sources: [{ serviceAccountToken: { audience: 'otto', path: 'token' } }] },
          },
        ],
      },
    },
    'hides that token in the workspace': {
      spec: {
        volumes: [
          {
            name: 'workspace',
            projected: { sources: [{ serviceAccountToken: { audience: 'otto', path: 'token' } }] },
          },
        ],
      },
    },
    'shares the process namespace': { spec: { shareProcessNamespace: true } },
    'takes the process namespace of the node': { spec: { hostPID: true } },
    'runs the pod again and again': { spec: { restartPolicy: 'Always' } },
    'speaks for another Run': {
      metadata: {
        labels: { 'otto.dev/run': 'other', 'otto.dev/stage': 'deploy', 'app.kubernetes.io/managed-by': 'x' },
        ownerReferences: [
          { apiVersion: 'otto.dev/v1alpha1', kind: 'Run', name: 'o', uid: 'o', controller: true },
        ],
      },
    },
    'keeps the pod for ever': { metadata: { finalizers: ['never.dev/gone'] } },
    'shows its own container in the logs': {
      metadata: { annotations: { 'kubectl.kubernetes.io/default-container': 'main' } },
    },
    'loosens the runner by an annotation': {
      metadata: { annotations: { 'container.apparmor.security.beta.kubernetes.io/otto': 'unconfined' } },
    },
    'replaces the placer of the shell': {
      spec: { initContainers: [{ name: 'otto-shell', image: 'localhost/evil:1' }] },
    },
    'mounts the service account token by leaving the default': {
      spec: { $patch: 'replace', containers: [] },
    },
    'forges the mark of a stopped pod': { spec: { activeDeadlineSeconds: 1 } },
    'ends the runner at once': { spec: { terminationGracePeriodSeconds: 0 } },
  };
  for (const [what, attack] of Object.entries(attacks)) {
    it(`does not get its way when it ${what}`, () => {
      assert.deepEqual(violations(withTemplate(attack), attack), []);
    });
  }

  for (const [what, wrong, path] of [
    ['a spec that is a text', { spec: 'x' }, 'podTemplate.spec is not an object'],
    [
      'containers that are no list',
      { spec: { containers: 'x' } },
      'podTemplate.spec.containers is not a list',
    ],
    [
      'a container that is null',
      { spec: { containers: [null] } },
      'podTemplate.spec.containers[3] is not an object',
    ],
    [
      'a label that is a number',
      { metadata: { labels: { a: 1 } } },
      "podTemplate.metadata.labels['a'] is not a string",
    ],
    [
      'mounts that are no list',
      { spec: { containers: [{ name: 'x', volumeMounts: {} }] } },
      'podTemplate.spec.containers[3].volumeMounts is not a list',
    ],
    [
      'a mount without a volume',
      { spec: { containers: [{ name: 'main', volumeMounts: [{ mountPath: '/x' }] }] } },
      'podTemplate.spec.containers[1].volumeMounts[3] has no name',
    ],
  ] as const) {
    it(`of ${what} is refused as invalid, with the path`, () => {
      const given: Template = JSON.parse(JSON.stringify(wrong));
      assert.throws(() => withTemplate(given), {
        name: 'ApiError',
        code: 422,
        reason: 'Invalid',
        message: path,
      });
    });
  }
});

describe('what a pod template may do', () => {
  it('sets the resources of the runner', () => {
    const resources = { limits: { memory: '1Gi' } };
    const pod = withTemplate({ spec: { containers: [{ name: 'otto', resources }] } });
    assert.deepEqual(containerOf(pod, 'otto')?.resources, { requests: { cpu: '10m' }, ...resources });
  });

  it('gives the steps a Secret, as a file and as a variable, and a token that it asks for', () => {
    const valueFrom = { secretKeyRef: { name: 'deploy', key: 'token' } };
    const pod = withTemplate({
      spec: {
        automountServiceAccountToken: true,
        containers: [
          {
            name: 'main',
            env: [{ name: 'TOKEN', valueFrom }],
            volumeMounts: [{ name: 'deploy', mountPath: '/deploy' }],
          },
        ],
        volumes: [
          { name: 'deploy', secret: { secretName: 'deploy' } },
          {
            name: 'vault',
            projected: { sources: [{ serviceAccountToken: { audience: 'vault', path: 't' } }] },
          },
        ],
      },
    });
    const main = containerOf(pod, 'main');
    assert.deepEqual(main?.env?.at(-1), { name: 'TOKEN', valueFrom });
    assert.ok(main?.volumeMounts?.some(({ name }) => name === 'deploy'));
    assert.equal(pod.spec?.automountServiceAccountToken, true);
    assert.equal(pod.spec?.volumes?.find(({ name }) => name === 'vault')?.projected?.sources?.length, 1);
  });

  it('keeps workspace and home on a volume of its own', () => {
    const claim = { persistentVolumeClaim: { claimName: 'c' } };
    const volumes = ['workspace', 'otto-home'].map((name) => ({ name, ...claim }));
    const pod = withTemplate({ spec: { volumes } });
    for (const { name } of volumes) {
      assert.deepEqual(
        pod.spec?.volumes?.filter((volume) => volume.name === name),
        [{ name, ...claim }],
      );
    }
  });

  it('labels and annotates the pod, and lets the autoscaler take it', () => {
    const { metadata } = withTemplate({
      metadata: {
        labels: { team: 'web' },
        annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'true', note: 'n' },
      },
    });
    assert.equal(metadata.labels?.['team'], 'web');
    assert.equal(metadata.annotations?.['note'], 'n');
    assert.equal(metadata.annotations?.['cluster-autoscaler.kubernetes.io/safe-to-evict'], 'true');
  });

  it('of the operator comes first, that of the stage after it', () => {
    const pod = podOf(anInstance({ podTemplate: { spec: { nodeSelector: { disk: 'ssd' } } } }), {
      podTemplate: { spec: { nodeSelector: { disk: 'hdd', zone: 'a' }, tolerations: [{ key: 'ci' }] } },
    });
    assert.deepEqual(pod.spec?.nodeSelector, { disk: 'ssd', zone: 'a' });
    assert.deepEqual(
      pod.spec?.tolerations?.map(({ key }) => key),
      ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable', 'ci'],
    );
  });

  it('keeps containers that it adds after those of the stage', () => {
    const pod = withTemplate({
      spec: {
        containers: [{ name: 'proxy', image: 'i' }],
        initContainers: [{ name: 'prepare', image: 'i' }],
      },
    });
    const order = (containers: Container[] | undefined): string[] =>
      (containers ?? []).map(({ name }) => name);
    assert.deepEqual(order(pod.spec?.containers), ['otto', 'main', 'tools', 'proxy']);
    assert.deepEqual(order(pod.spec?.initContainers), ['otto-shell', 'db', 'prepare']);
  });
});
