/**
 * A node that answers, though there is none: where no node of a cluster answers, the node controller takes the fault to
 * be its own and gives up no pod. Takes no pods itself.
 */
import type { Kubectl } from '../../hack/install/kubectl.ts';

/** Well within the 50 s after which the controller believes that a node is gone. */
const BEAT_MS = 10_000;

export class ReadyNode {
  readonly #kubectl: Kubectl;
  readonly #name: string;
  #timer: NodeJS.Timeout | undefined;

  constructor(kubectl: Kubectl, name: string) {
    this.#kubectl = kubectl;
    this.#name = name;
  }

  async start(): Promise<void> {
    const taints = [{ key: 'example.com/takes-no-pods', effect: 'NoSchedule' }];
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: this.#name }, spec: { taints } };
    await this.#kubectl(['create', '-f', '-'], { input: JSON.stringify(node) });
    await this.#beat();
    // A beat that is missed does no harm: the next one comes in time.
    this.#timer = setInterval(() => void this.#beat().catch(() => {}), BEAT_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#kubectl(['delete', 'node', this.#name, '--ignore-not-found']);
  }

  async #beat(): Promise<void> {
    const lastHeartbeatTime = new Date().toISOString();
    const conditions = [{ type: 'Ready', status: 'True', reason: 'Answers', message: '', lastHeartbeatTime }];
    const status = JSON.stringify({ status: { conditions } });
    await this.#kubectl(['patch', 'node', this.#name, '--subresource=status', '-p', status]);
  }
}
