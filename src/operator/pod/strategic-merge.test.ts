import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Json } from '../../api/pipeline.ts';
import { strategicMerge } from './strategic-merge.ts';

const BASE: Json = {
  restartPolicy: 'Never',
  securityContext: { runAsUser: 1000, fsGroup: 1000 },
  nodeSelector: { x: '1' },
  tolerations: [{ key: 't', operator: 'Exists' }],
  imagePullSecrets: [{ name: 's1' }],
  hostAliases: [{ ip: '10.0.0.1', hostnames: ['a'] }],
  containers: [
    {
      name: 'a',
      image: 'i',
      command: ['c'],
      env: [
        { name: 'E', value: '1' },
        { name: 'F', value: '2' },
      ],
      ports: [{ containerPort: 80, name: 'http' }],
      volumeMounts: [{ name: 'v', mountPath: '/v' }],
      resources: { limits: { memory: '1Gi' } },
    },
    { name: 'b', image: 'i' },
  ],
  volumes: [{ name: 'v', emptyDir: {} }],
};

interface Case {
  what: string;
  patch: { [field: string]: Json };
  /** The fields of the result that are to be looked at. */
  expected: { [field: string]: Json | undefined };
}

/** One container of the result, alone. */
function ofA(patch: { [field: string]: Json }, field: string): Json | undefined {
  const merged = strategicMerge(BASE, { containers: [{ name: 'a', ...patch }] });
  return get(get(get(merged, 'containers'), 0), field);
}

function get(value: Json | undefined, key: string | number): Json | undefined {
  if (Array.isArray(value)) return typeof key === 'number' ? value[key] : undefined;
  return value !== null && typeof value === 'object' ? value[key] : undefined;
}

describe('a strategic merge onto a pod', () => {
  // Each result was compared with that of `kubectl patch --local --type strategic` (1.32).
  const cases: readonly Case[] = [
    {
      what: 'merges objects',
      patch: { nodeSelector: { y: '2' } },
      expected: { nodeSelector: { x: '1', y: '2' } },
    },
    { what: 'deletes by null', patch: { securityContext: null }, expected: { securityContext: undefined } },
    {
      what: 'deletes a whole list by null',
      patch: { containers: null },
      expected: { containers: undefined },
    },
    {
      what: 'replaces an object on demand',
      patch: { securityContext: { $patch: 'replace', runAsUser: 1 } },
      expected: { securityContext: { runAsUser: 1 } },
    },
    {
      what: 'empties an object on demand',
      patch: { securityContext: { $patch: 'delete' } },
      expected: { securityContext: {} },
    },
    {
      what: 'replaces a keyed list on demand',
      patch: { containers: [{ $patch: 'replace' }, { name: 'z', image: 'i' }] },
      expected: { containers: [{ name: 'z', image: 'i' }] },
    },
    {
      what: 'merges pull secrets by name',
      patch: { imagePullSecrets: [{ name: 's2' }, { name: 's1' }] },
      expected: { imagePullSecrets: [{ name: 's1' }, { name: 's2' }] },
    },
    {
      what: 'merges host aliases by address',
      patch: {
        hostAliases: [
          { ip: '10.0.0.1', hostnames: ['b'] },
          { ip: '10.0.0.2', hostnames: ['c'] },
        ],
      },
      expected: {
        hostAliases: [
          { ip: '10.0.0.1', hostnames: ['b'] },
          { ip: '10.0.0.2', hostnames: ['c'] },
        ],
      },
    },
    {
      what: 'leaves out nulls and directives of what is new',
      patch: {
        volumes: [{ name: 'v', $retainKeys: ['hostPath'], emptyDir: null, hostPath: { path: '/h' } }],
      },
      expected: { volumes: [{ name: 'v', hostPath: { path: '/h' } }] },
    },
    {
      what: 'never takes a directive for a field',
      patch: { '$setElementOrder/containers': [{ name: 'b' }], '$deleteFromPrimitiveList/finalizers': ['x'] },
      expected: BASE,
    },
  ];
  for (const { what, patch, expected } of cases) {
    it(what, () => {
      const merged = strategicMerge(BASE, patch);
      for (const [field, value] of Object.entries(expected)) assert.deepEqual(get(merged, field), value);
      assert.deepEqual(
        Object.keys(merged ?? {}).filter((field) => field.startsWith('$')),
        [],
      );
    });
  }

  it('changes a field of a container and leaves the rest', () => {
    const merged = strategicMerge(BASE, { containers: [{ name: 'a', image: 'j' }] });
    assert.deepEqual(merged, {
      ...BASE,
      containers: [
        { ...Object(get(get(BASE, 'containers'), 0)), image: 'j' },
        { name: 'b', image: 'i' },
      ],
    });
  });

  it('puts a new container after those that are there, where kubectl puts it first', () => {
    const merged = strategicMerge(BASE, { containers: [{ name: 'c', image: 'k' }] });
    const containers = get(merged, 'containers');
    assert.ok(Array.isArray(containers));
    assert.deepEqual(
      containers.map((container) => get(container, 'name')),
      ['a', 'b', 'c'],
    );
  });

  it('takes a container out', () => {
    const merged = strategicMerge(BASE, { containers: [{ name: 'b', $patch: 'delete' }] });
    assert.equal(get(get(merged, 'containers'), 1), undefined);
    assert.equal(get(get(get(merged, 'containers'), 0), 'name'), 'a');
  });

  it('merges variables by name', () => {
    const env = [
      { name: 'E', value: '9' },
      { name: 'G', value: '3' },
    ];
    assert.deepEqual(ofA({ env }, 'env'), [
      { name: 'E', value: '9' },
      { name: 'F', value: '2' },
      { name: 'G', value: '3' },
    ]);
    assert.deepEqual(ofA({ env: [{ name: 'E', $patch: 'delete' }] }, 'env'), [{ name: 'F', value: '2' }]);
  });

  it('replaces the whole source of a variable, a volume or a mount, where kubectl leaves both and is refused', () => {
    const valueFrom = { secretKeyRef: { name: 's', key: 'k' } };
    assert.deepEqual(get(ofA({ env: [{ name: 'E', valueFrom }] }, 'env'), 0), { name: 'E', valueFrom });
    const volumes = get(strategicMerge(BASE, { volumes: [{ name: 'v', hostPath: {} }] }), 'volumes');
    assert.deepEqual(volumes, [{ name: 'v', hostPath: {} }]);
    const mounts = [{ mountPath: '/v', name: 'w' }];
    assert.deepEqual(ofA({ volumeMounts: mounts }, 'volumeMounts'), mounts);
  });

  it('merges ports by number, resources by name, and replaces a command', () => {
    assert.deepEqual(ofA({ ports: [{ containerPort: 80, name: 'web' }, { containerPort: 90 }] }, 'ports'), [
      { containerPort: 80, name: 'web' },
      { containerPort: 90 },
    ]);
    assert.deepEqual(ofA({ resources: { limits: { cpu: '1' } } }, 'resources'), {
      limits: { memory: '1Gi', cpu: '1' },
    });
    assert.deepEqual(ofA({ command: ['d', 'e'] }, 'command'), ['d', 'e']);
  });

  it('adds tolerations to those that are there, where kubectl replaces them', () => {
    assert.deepEqual(get(strategicMerge(BASE, { tolerations: [{ key: 'u' }] }), 'tolerations'), [
      { key: 't', operator: 'Exists' },
      { key: 'u' },
    ]);
  });

  it('knows fields by their own names only, not by what every JavaScript object has', () => {
    const hostile: Json = JSON.parse(
      '{"__proto__": {"a": 1}, "constructor": [{"name": "x"}], "toString": {"b": 2}}',
    );
    const merged = strategicMerge(BASE, hostile);
    assert.equal(get(merged, 'a'), undefined);
    assert.deepEqual(get(merged, 'constructor'), [{ name: 'x' }]);
    assert.deepEqual(get(merged, 'toString'), { b: 2 });
    assert.equal(Object.hasOwn(Object.prototype, 'a'), false);
  });

  it('changes neither side, whatever is merged', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (patch) => {
        const before = JSON.stringify([BASE, patch]);
        strategicMerge(BASE, JSON.parse(JSON.stringify(patch)));
        assert.equal(JSON.stringify([BASE, patch]), before);
      }),
    );
  });

  it('done twice is the same as once, but for what it adds', () => {
    const name = fc.constantFrom('a', 'b', 'nodeSelector', 'securityContext', 'restartPolicy');
    const value = fc.oneof(fc.string(), fc.constant(null), fc.dictionary(name, fc.string()));
    const byName = <T extends { name: string }>(entry: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
      fc.uniqueArray(entry, { selector: (given) => given.name });
    const container = fc.record({ name, image: fc.string(), env: byName(fc.record({ name })) });
    fc.assert(
      fc.property(fc.dictionary(name, value), byName(container), (given, containers) => {
        const patch: Json = JSON.parse(JSON.stringify({ ...given, containers }));
        const once = strategicMerge(BASE, patch);
        assert.deepEqual(strategicMerge(once, patch), once);
      }),
    );
  });
});
