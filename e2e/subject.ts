/** A namespace of a test's own on the cluster under test, with the resources and the chart's admission policy in force. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { tool } from '../hack/tools/tools.ts';
import { connect, execute, type Kubectl, namespaceFor } from './kubectl.ts';

const ROOT = join(import.meta.dirname, '..');
const CRDS = join(ROOT, 'charts/otto/files/crds');
export const EXAMPLES: string = join(ROOT, 'examples');
export const STEPS: object[] = [{ sh: 'make' }];
export const STAGES: object[] = [{ name: 'build', steps: STEPS }];
const PATIENCE_MS = 20_000;

export function object(kind: 'Pipeline' | 'Run', name: string, spec: object, rest: object = {}): object {
  return { apiVersion: 'otto.dev/v1alpha1', kind, metadata: { name }, spec, ...rest };
}

export class Subject {
  readonly #namespace: string;
  #kubectl: Kubectl | undefined;
  #policy = '';

  constructor(test: string) {
    this.#namespace = namespaceFor(test);
  }

  /** CRDs are the cluster's: they are applied, and never deleted. */
  async start(): Promise<void> {
    this.#kubectl = await connect(this.#namespace);
    await this.succeeds([
      'apply',
      '--server-side',
      '--force-conflicts',
      '--field-manager=otto-e2e',
      '-f',
      CRDS,
    ]);
    await this.succeeds([
      'wait',
      '--for=condition=Established',
      'crd/pipelines.otto.dev',
      'crd/runs.otto.dev',
    ]);
    // A release of the usual name that is installed later takes them for its own; one that was, keeps them.
    const helm = ['meta.helm.sh/release-name=otto', 'meta.helm.sh/release-namespace=otto'];
    await this.#call(['annotate', 'crd/pipelines.otto.dev', 'crd/runs.otto.dev', ...helm]);
    await this.#call([
      'label',
      'crd/pipelines.otto.dev',
      'crd/runs.otto.dev',
      'app.kubernetes.io/managed-by=Helm',
    ]);
    await this.succeeds(['create', 'namespace', this.#namespace]);
    this.#policy = await admissionPolicy(this.#namespace);
    await this.succeeds(['apply', '-f', '-'], this.#policy);
    // Established does not mean served yet, and a new policy is not in force at once.
    const probe = object('Run', 'probe', { pipelineRef: { name: 'a' }, params: { k: 1 } });
    await eventually(() => this.succeeds(['apply', '-f', '-'], probe));
    let tries = 0;
    await eventually(() => {
      const renamed = [{ op: 'replace', path: '/spec/params', value: { [`k${++tries}`]: 1 } }];
      return this.refused(['patch', 'run', 'probe', '--type=json', '-p', JSON.stringify(renamed)], /params/);
    });
  }

  async stop(): Promise<void> {
    await this.#call(['delete', '--ignore-not-found', '-f', '-'], this.#policy);
    await this.#call(['delete', 'namespace', this.#namespace, '--wait=false', '--ignore-not-found']);
  }

  /** @returns what it printed. */
  async succeeds(args: readonly string[], input?: object | string): Promise<string> {
    const { code, stdout, stderr } = await this.#call(args, input);
    assert.equal(code, 0, stderr);
    return stdout;
  }

  async refused(args: readonly string[], message: RegExp, input?: object): Promise<void> {
    const { code, stderr } = await this.#call(args, input);
    assert.notEqual(code, 0, 'it was accepted');
    assert.match(stderr, message);
  }

  #call(...call: Parameters<Kubectl>): ReturnType<Kubectl> {
    if (this.#kubectl === undefined) throw new Error('start() comes first');
    return this.#kubectl(...call);
  }
}

/** As the chart makes it; the release's name keeps it apart from that of an installation. */
async function admissionPolicy(release: string): Promise<string> {
  const args = [
    'template',
    release,
    join(ROOT, 'charts/otto'),
    '--namespace',
    release,
    '--kube-version',
    '1.35.4',
  ];
  const { code, stdout, stderr } = await execute(await tool('helm'), [
    ...args,
    '-s',
    'templates/admission.yaml',
  ]);
  assert.equal(code, 0, stderr);
  return stdout;
}

async function eventually(check: () => Promise<unknown>): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
    }
  }
}
