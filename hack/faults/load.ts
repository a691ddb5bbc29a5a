// Runs that go on while something is broken: always so many of them.
import type { Pipeline } from '../../src/api/pipeline.ts';
import type { ApiClient } from '../../src/kube/client.ts';
import { PIPELINES, RUNS } from '../../src/kube/resource.ts';
import { eventually } from '../bench/wait.ts';

const ACCOUNT_MS = 30_000;
const NAME = 'diamond';
/** What each stage needs, as the Pipeline below has it. */
export const NEEDS: Readonly<Record<string, readonly string[]>> = {
  first: [],
  left: ['first'],
  right: ['first'],
  join: ['left', 'right'],
  last: ['join'],
};

export class Load {
  readonly #client: ApiClient;
  readonly #namespace: string;
  readonly #active: number;
  created = 0;

  constructor(client: ApiClient, namespace: string, active: number) {
    this.#client = client;
    this.#namespace = namespace;
    this.#active = active;
  }

  async prepare(): Promise<void> {
    await this.#client.request('POST', '/api/v1/namespaces', { metadata: { name: this.#namespace } });
    const account = `/api/v1/namespaces/${this.#namespace}/serviceaccounts/default`;
    await eventually('there is a service account', ACCOUNT_MS, () =>
      this.#client.request('GET', account).then(
        () => true,
        () => false,
      ),
    );
    await this.#client.create(PIPELINES, this.#namespace, diamond());
  }

  /** Creates as many as have ended. */
  async fill(): Promise<void> {
    const { items } = await this.#client.list(RUNS, { namespace: this.#namespace });
    const active = items.filter(({ status }) => status?.completionTime === undefined).length;
    for (let i = active; i < this.#active; i++) {
      const name = `run-${String(this.created++).padStart(5, '0')}`;
      await this.#client.create(RUNS, this.#namespace, {
        metadata: { name },
        spec: { pipelineRef: { name: NAME } },
      });
    }
  }
}

/** Pods that are deleted from outside count against the infrastructure's budget, so it is large. */
function diamond(): Pipeline {
  const stage = (name: string): Pipeline['spec']['stages'][number] => ({
    name,
    needs: [...(NEEDS[name] ?? [])],
    steps: [{ echo: name }],
    retries: { infrastructure: 10 },
  });
  return {
    metadata: { name: NAME },
    spec: {
      stages: ['first', 'left', 'right', 'join'].map(stage),
      finally: [{ name: 'last', steps: [{ echo: 'last' }], retries: { infrastructure: 10 } }],
    },
  };
}
