import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { INSTRUCTIONS_VARIABLE } from '../../runner/pod-contract.ts';
import { buildPod } from './build-pod.ts';
import { expand } from './testing/kubelet-expansion.ts';
import { restrictedViolations } from './testing/restricted.ts';
import {
  aFullInstance,
  anAttempt,
  anInstance,
  containerOf,
  containersOf,
  POD_CONFIG,
  podOf,
} from './testing/stage-attempt.ts';

describe('the pod of a stage', () => {
  it('is the same for the same input', () => {
    const build = (): string => JSON.stringify(buildPod(anAttempt(aFullInstance()), POD_CONFIG));
    assert.equal(build(), build());
  });

  it('belongs to its Run, and says whose and which attempt it is', () => {
    const { metadata } = podOf(anInstance());
    assert.equal(metadata.namespace, 'team');
    assert.deepEqual(metadata.ownerReferences, [
      {
        apiVersion: 'otto.dev/v1alpha1',
        kind: 'Run',
        name: 'demo-1',
        uid: 'run-uid',
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
    assert.deepEqual(metadata.labels, {
      'app.kubernetes.io/managed-by': 'otto',
      'app.kubernetes.io/part-of': 'demo',
      'otto.dev/run': 'demo-1',
      'otto.dev/pipeline': 'demo',
      'otto.dev/stage': 'build',
      'otto.dev/attempt': '2',
    });
  });

  it('has labels that are valid, whatever the names are', () => {
    const long = `${'a'.repeat(60)}.${'b'.repeat(100)}`;
    const run = { metadata: { name: long, namespace: 'team', uid: 'u' }, spec: {} };
    const { labels = {} } = buildPod(anAttempt(anInstance(), { run, pipeline: long }), POD_CONFIG).metadata;
    for (const value of Object.values(labels)) assert.ok(value.length <= 63, value);
  });

  it('starts the runner first, then the containers of the stage, after the shell and the services', () => {
    const { spec } = podOf(aFullInstance());
    assert.deepEqual(
      spec?.containers.map(({ name }) => name),
      ['otto', 'main', 'tools'],
    );
    assert.deepEqual(
      spec?.initContainers?.map(({ name }) => name),
      ['otto-shell', 'db'],
    );
  });

  it('has neither shell nor init containers where nothing needs them', () => {
    const { spec } = podOf(anInstance());
    assert.equal(spec?.initContainers, undefined);
    assert.ok(spec?.volumes?.every(({ name }) => name !== 'otto-shell'));
  });

  it('gives the runner time to end post and to say farewell', () => {
    const grace = (graceSeconds: number): number | undefined =>
      podOf(anInstance({ graceSeconds })).spec?.terminationGracePeriodSeconds;
    assert.equal(grace(7), 7 + 60 + 10);
    assert.equal(grace(0.5), 1 + 60 + 10, 'whole, as the API server wants it');
  });

  it('gives token and credentials to the runner alone', () => {
    const pod = podOf(aFullInstance());
    const secret = pod.spec?.volumes?.filter((volume) => volume.secret ?? volume.projected) ?? [];
    assert.equal(secret.length, 3);
    const mounted = (name: string): string[] =>
      containersOf(pod)
        .filter(({ volumeMounts = [] }) => volumeMounts.some((mount) => mount.name === name))
        .map((container) => container.name);
    for (const { name } of secret) assert.deepEqual(mounted(name), ['otto'], name);
    assert.equal(pod.spec?.automountServiceAccountToken, false);
  });

  it('can be read by the runner under its uid: by the group, and as root by root alone', () => {
    const modes = (uid: number): unknown[] =>
      (podOf(aFullInstance({ securityContext: { runAsUser: uid } })).spec?.volumes ?? []).flatMap(
        (volume) => {
          const mode = volume.secret?.defaultMode ?? volume.projected?.defaultMode;
          return mode === undefined ? [] : [mode];
        },
      );
    assert.deepEqual(modes(1000), [0o440, 0o440, 0o440]);
    assert.deepEqual(modes(0), [0o400, 0o400, 0o400]);
  });

  it('shows the logs of the runner by default', () => {
    assert.equal(
      podOf(anInstance()).metadata.annotations?.['kubectl.kubernetes.io/default-container'],
      'otto',
    );
  });

  it('mounts a writable /tmp for each container with a read-only root, of valid and different names', () => {
    const start = 'c'.repeat(58);
    const names = [`${start}-a`, `${start}-b`];
    const containers = names.map((name) => ({ name, image: 'i', shell: 'Image' as const, env: {} }));
    const pod = podOf(anInstance({ containers, securityContext: { readOnlyRootFilesystem: true } }));
    const volumes = (pod.spec?.volumes ?? []).map(({ name }) => name);
    assert.equal(new Set(volumes).size, volumes.length, volumes.join());
    for (const name of volumes) assert.match(name, /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
    for (const name of names) {
      const mount = containerOf(pod, name)?.volumeMounts?.find(({ mountPath }) => mountPath === '/tmp');
      assert.ok(volumes.includes(mount?.name ?? ''));
    }
  });

  it('runs the commands and reads the variables as written, past the expansion of the kubelet', () => {
    const text = '$(A) $$ $(date)';
    const pod = podOf(
      aFullInstance({
        containers: [{ name: 'tools', image: 'i', shell: 'Otto', env: { A: text } }],
        services: [
          {
            name: 'db',
            image: 'i',
            command: ['run', text],
            args: [text],
            env: { A: text },
            ready: { exec: ['is', text] },
          },
        ],
      }),
    );
    const seen = (values: readonly string[] | undefined): string[] =>
      (values ?? []).map((value) => expand(value, { A: 'expanded' }));
    const db = containerOf(pod, 'db');
    assert.deepEqual(seen(db?.command), ['run', text]);
    assert.deepEqual(seen(db?.args), [text]);
    assert.deepEqual(seen(db?.env?.map(({ value = '' }) => value)), [text]);
    assert.deepEqual(seen(db?.startupProbe?.exec?.command), ['is', text]);
    for (const name of ['otto', 'main', 'tools', 'otto-shell']) {
      const command = containerOf(pod, name)?.command;
      assert.ok(!seen(command).join().includes('expanded'));
      assert.ok(
        seen(command)
          .join()
          .includes(name === 'otto-shell' ? '--install' : '/otto-io'),
      );
    }
    assert.ok(seen(containerOf(pod, 'main')?.command).join().includes('[ $$ = 1 ]'));
  });

  it('waits for a service as long as its field says, five minutes by default', () => {
    const failures = (timeout?: string): number | undefined => {
      const ready = { tcp: 5432, ...(timeout === undefined ? {} : { timeout }) };
      const pod = podOf(anInstance({ services: [{ name: 'db', image: 'i', ready }] }));
      const probe = containerOf(pod, 'db')?.startupProbe;
      const { failureThreshold = 0, periodSeconds = 0 } = probe ?? {};
      assert.equal(probe?.terminationGracePeriodSeconds, 2, 'what never was ready is ended at once');
      return failureThreshold * periodSeconds;
    };
    assert.equal(failures(), 300);
    assert.equal(failures('2m'), 120);
    assert.equal(failures('10ms'), 1);
    assert.equal(failures('1500ms'), 2, 'whole, as the API server wants it');
  });

  it('tells the runner only in its environment', () => {
    const env = containerOf(podOf(anInstance()), 'otto')?.env ?? [];
    assert.ok(env.length > 0 && env.every(({ name }) => name.startsWith(INSTRUCTIONS_VARIABLE)));
  });
});

describe('the Pod Security profile "restricted"', () => {
  it('holds for every stage that does not ask for root', () => {
    const user = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined });
    fc.assert(
      fc.property(user, fc.boolean(), fc.boolean(), fc.boolean(), (runAsUser, readOnly, full, ottoShell) => {
        const securityContext = {
          ...(runAsUser === undefined ? {} : { runAsUser }),
          readOnlyRootFilesystem: readOnly,
        };
        const shell = ottoShell ? 'Otto' : 'Image';
        const instance = (full ? aFullInstance : anInstance)({ securityContext, shell });
        assert.deepEqual(restrictedViolations(podOf(instance)), []);
      }),
    );
  });

  it('holds with a template that says nothing against it, also for the containers that it adds', () => {
    const podTemplate = {
      spec: {
        nodeSelector: { disk: 'ssd' },
        volumes: [{ name: 'cache', persistentVolumeClaim: { claimName: 'cache' } }],
        containers: [
          { name: 'main', env: [{ name: 'A', value: 'b' }] },
          { name: 'proxy', image: 'localhost/proxy:1' },
        ],
        initContainers: [{ name: 'prepare', image: 'localhost/prepare:1' }],
      },
    };
    assert.deepEqual(restrictedViolations(podOf(aFullInstance({ podTemplate }))), []);
  });

  for (const [what, podTemplate, violation] of [
    [
      'a privileged container',
      { spec: { containers: [{ name: 'main', securityContext: { privileged: true } }] } },
      'main: privileged',
    ],
    ['the network of the node', { spec: { hostNetwork: true } }, 'pod: hostNetwork'],
    [
      'a folder of the node',
      { spec: { volumes: [{ name: 'n', hostPath: { path: '/' } }] } },
      'pod: volume types',
    ],
  ] as const) {
    it(`is for the namespace to enforce against a template: ${what} is passed on`, () => {
      const template = JSON.parse(JSON.stringify(podTemplate));
      assert.deepEqual(restrictedViolations(podOf(anInstance({ podTemplate: template }))), [violation]);
    });
  }

  it('is left by a stage that asks for root, in that one point', () => {
    const pod = podOf(anInstance({ securityContext: { runAsUser: 0 } }));
    assert.deepEqual(restrictedViolations(pod), [
      'pod: runAsUser',
      'otto: runAsNonRoot',
      'main: runAsNonRoot',
    ]);
  });
});
