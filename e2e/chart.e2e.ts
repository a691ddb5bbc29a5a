/**
 * The chart on a real API server: install, upgrade, uninstall, and what the operator may do. It installs the CRDs as
 * its own, so give it a cluster of its own. No pod of the operator runs here.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { tool } from '../hack/tools/tools.ts';
import { until } from '../src/kube/testing/until.ts';
import { type Answer, connect, execute, type Kubectl } from './kubectl.ts';

const CHART = join(import.meta.dirname, '../charts/otto');
const PATIENCE_MS = 30_000;
const DRY_RUN = ['apply', '--dry-run=server', '--validate=strict'];
const VERSION = ['--kube-version', '1.35.4'];

const VARIANTS: readonly [name: string, ...values: string[]][] = [
  ['the defaults'],
  ['two replicas', 'replicas=2', 'podDisruptionBudget.enabled=true'],
  ['one namespace and nothing of the cluster', 'rbac.scope=Namespaced', 'rbac.aggregate=false'],
  [
    'two namespaces with direct reports',
    'rbac.scope=Namespaced',
    'rbac.tokenReviews=true',
    'watchNamespaces={default,kube-public}',
  ],
  ['no direct reports', 'reports.enabled=false'],
  ['a network policy', 'networkPolicy.enabled=true'],
  ['an image by digest', `image.digest=sha256:${'0'.repeat(64)}`],
  ['no CRDs', 'crds.install=false'],
];

describe('the chart', function () {
  this.timeout(60_000);
  // The CRDs that stay belong to the release in this namespace, so a second run needs the same.
  const namespace = 'e2e-chart';
  const account = `system:serviceaccount:${namespace}:otto`;
  let kubectl: Kubectl;
  let everywhere: Kubectl;
  let helm: string;

  const set = (values: readonly string[]): string[] => values.flatMap((value) => ['--set', value]);
  const template = (values: readonly string[]): Promise<Answer> =>
    execute(helm, ['template', 'otto', CHART, '--namespace', namespace, ...VERSION, ...set(values)]);
  const release = (...args: string[]): Promise<Answer> =>
    execute(helm, [
      ...args,
      '--namespace',
      namespace,
      '--kubeconfig',
      process.env['OTTO_E2E_KUBECONFIG'] ?? '',
    ]);

  before(async () => {
    kubectl = await connect(namespace);
    everywhere = await connect();
    helm = await tool('helm');
    await kubectl(['delete', 'namespace', namespace, '--ignore-not-found']);
    succeeded(await kubectl(['create', 'namespace', namespace]));
  });
  after(async () => {
    await release('uninstall', 'otto', '--ignore-not-found');
    await kubectl(['delete', 'namespace', namespace, '--wait=false', '--ignore-not-found']);
  });

  it('has nothing that helm lint --strict finds', async () => {
    succeeded(await execute(helm, ['lint', '--strict', CHART, ...VERSION]));
  });

  for (const [name, ...values] of VARIANTS) {
    it(`makes objects that the API server takes, with ${name}`, async () => {
      const { stdout } = succeeded(await template(values));
      succeeded(await everywhere([...DRY_RUN, '-f', '-'], stdout));
    });
  }

  it('gives the Service of the reports an address, and stages the same', async () => {
    const service = ['get', 'service', 'kubernetes', '-n', 'default', '-o', 'jsonpath={.spec.clusterIP}'];
    const free = succeeded(await everywhere(service)).stdout.replace(/\d+$/, '77');
    const { stdout } = succeeded(await template([`reports.clusterIP=${free}`]));
    assert.ok(stdout.includes(`value: "https://${free}:8443/v1/report"`));
    succeeded(await everywhere([...DRY_RUN, '-f', '-'], stdout));
  });

  it('makes what the Prometheus operator takes when it is asked to', async () => {
    const { stdout } = succeeded(
      await template(['serviceMonitor.enabled=true', 'prometheusRule.enabled=true']),
    );
    assert.match(stdout, /^kind: ServiceMonitor$/m);
    assert.match(stdout, /^kind: PrometheusRule$/m);
  });

  it('makes nothing of the cluster but CRDs in scope Namespaced', async () => {
    const { stdout } = succeeded(await template(['rbac.scope=Namespaced']));
    assert.doesNotMatch(stdout, /^kind: (?:ClusterRole|ClusterRoleBinding|ValidatingAdmissionPolicy.*)$/m);
  });

  const WRONG: readonly [value: string, message: RegExp][] = [
    ['replica=2', /replica/],
    ['operator.workers=0', /workers/],
    ['rbac.scope=Cluter', /scope/],
    ['reports.url=http://plain.example', /url/],
    ['image.digest=latest', /digest/],
  ];
  for (const [value, message] of WRONG) {
    it(`refuses ${value}`, async () => {
      const { code, stderr } = await template([value]);
      assert.notEqual(code, 0);
      assert.match(stderr, message);
    });
  }

  describe('on a cluster', () => {
    before(async () => {
      succeeded(await release('install', 'otto', CHART, '--set', 'replicas=0'));
    });

    it('installs the CRDs', async () => {
      const crds = ['crd/pipelines.otto.dev', 'crd/runs.otto.dev'];
      succeeded(await kubectl(['wait', '--for=condition=Established', ...crds, '--timeout=20s']));
    });

    it('tells the next command', async () => {
      const { stdout } = succeeded(await release('get', 'notes', 'otto'));
      assert.match(stdout, /kubectl create -f - <<END/);
    });

    const RIGHTS: readonly [yes: boolean, ...request: string[]][] = [
      [true, 'list', 'runs.otto.dev', '-A'],
      [true, 'watch', 'pipelines.otto.dev', '-A'],
      [true, 'patch', 'runs.otto.dev', '--subresource=status'],
      [true, 'create', 'pods', '-A'],
      [true, 'patch', 'pods', '-A'],
      [true, 'create', 'controllerrevisions.apps'],
      [true, 'create', 'events'],
      [true, 'patch', 'leases.coordination.k8s.io/otto'],
      [true, 'get', 'secrets/otto-tls'],
      [true, 'patch', 'endpointslices.discovery.k8s.io/otto-reports'],
      [true, 'get', 'deployments.apps/otto'],
      [true, 'create', 'tokenreviews.authentication.k8s.io'],
      [false, 'get', 'secrets/other'],
      [false, 'list', 'secrets'],
      [false, 'list', 'secrets', '-A'],
      [false, 'get', 'pods', '-A', '--subresource=log'],
      [false, 'create', 'pods', '-A', '--subresource=exec'],
      [false, 'create', 'runs.otto.dev', '-A'],
      [false, 'patch', 'runs.otto.dev', '-A'],
      [false, 'patch', 'pipelines.otto.dev', '-A'],
      [false, 'delete', 'pipelines.otto.dev', '-A'],
      [false, 'patch', 'deployments.apps/otto'],
      [false, 'create', 'serviceaccounts', '--subresource=token'],
      [false, 'patch', 'leases.coordination.k8s.io/other'],
      [false, 'create', 'roles.rbac.authorization.k8s.io'],
    ];
    for (const [yes, ...request] of RIGHTS) {
      it(`${yes ? 'lets' : 'does not let'} the operator ${request.join(' ')}`, async () => {
        const { code, stderr } = await kubectl(['auth', 'can-i', ...request, '--as', account, '--quiet']);
        assert.equal(code === 0, yes, stderr);
      });
    }

    it('lets who edits a namespace run pipelines in it, and who views it see them', async () => {
      for (const role of ['view', 'edit']) {
        const binding = [
          'create',
          'rolebinding',
          `e2e-${role}`,
          `--clusterrole=${role}`,
          `--user=e2e-${role}`,
        ];
        succeeded(await kubectl(binding));
      }
      const can = async (user: string, verb: string): Promise<boolean> =>
        (await kubectl(['auth', 'can-i', verb, 'runs.otto.dev', '--as', user, '--quiet'])).code === 0;
      // A controller of the cluster copies the rules.
      await eventually(async () => assert.ok(await can('e2e-edit', 'create')));
      assert.deepEqual([await can('e2e-view', 'list'), await can('e2e-view', 'create')], [true, false]);
    });

    it('is upgraded with other values and with the same', async () => {
      for (const workers of ['4', '4']) {
        const values = ['--set', `replicas=0,operator.workers=${workers}`];
        succeeded(await release('upgrade', 'otto', CHART, ...values));
      }
      const path = 'jsonpath={.spec.template.spec.containers[0].env[?(@.name=="OTTO_WORKERS")].value}';
      assert.equal(succeeded(await kubectl(['get', 'deployment', 'otto', '-o', path])).stdout, '4');
    });

    it('leaves CRDs and Runs when it is uninstalled, and finds them when it is installed again', async () => {
      const run = {
        apiVersion: 'otto.dev/v1alpha1',
        kind: 'Run',
        metadata: { name: 'kept' },
        spec: { pipelineRef: { name: 'none' } },
      };
      // A kind that was installed just now is not found by everybody at once.
      let said = '';
      const isTaken = async (): Promise<boolean> => {
        const { code, stderr } = await kubectl(['apply', '-f', '-'], run);
        said = stderr;
        return code === 0;
      };
      await until(() => `the Run is taken: ${said}`, isTaken, PATIENCE_MS);
      succeeded(await release('uninstall', 'otto', '--wait'));
      succeeded(await kubectl(['get', 'run', 'kept']));
      assert.equal(succeeded(await kubectl(['get', 'all,roles,leases', '-o', 'name'])).stdout, '');
      succeeded(await release('install', 'otto', CHART, '--set', 'replicas=0'));
      succeeded(await kubectl(['get', 'run', 'kept']));
    });
  });
});

function succeeded(answer: Answer): Answer {
  assert.equal(answer.code, 0, answer.stderr);
  return answer;
}

async function eventually(check: () => Promise<unknown>): Promise<void> {
  const until = Date.now() + 20_000;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
    }
  }
}
