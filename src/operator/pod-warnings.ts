/**
 * Why a pod's containers do not start, where its status does not say (a volume that cannot be mounted, a sandbox that
 * cannot be made): its newest Warning event, asked for only when a pod has been stuck for a while.
 */
import type { Pod } from '../api/kubernetes.ts';
import type { PodWarning } from '../engine/decide-types.ts';
import type { ApiClient } from '../kube/client.ts';
import { Recent } from '../kube/recent.ts';
import { EVENTS } from '../kube/resource.ts';

const STUCK_MS = 3000;
const ASK_EVERY_MS = 5000;
const MOST_EVENTS = 50;
const MOST_PODS = 5000;
const CREATING: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing']);

export class PodWarnings {
  /** By UID; a pod may be deleted while it is stuck, so they are bounded. */
  readonly #known = new Recent<string, { askedAt: number; warning: PodWarning | undefined }>(MOST_PODS);
  readonly #client: Pick<ApiClient, 'list'>;
  readonly #now: () => number;

  constructor(client: Pick<ApiClient, 'list'>, now: () => number) {
    this.#client = client;
    this.#now = now;
  }

  /** Never throws: a warning that cannot be had is one that is not shown. */
  async of(pods: readonly Pod[]): Promise<{ warnings: Map<string, PodWarning>; askAgainMs?: number }> {
    const warnings = new Map<string, PodWarning>();
    let askAgainMs: number | undefined;
    for (const pod of pods) {
      const { uid } = pod.metadata;
      if (uid === undefined) continue;
      if (!isCreating(pod)) {
        this.#known.delete(uid);
        continue;
      }
      const now = this.#now();
      const stuckAt = Date.parse(pod.metadata.creationTimestamp ?? '') + STUCK_MS;
      const dueAt = Math.max(
        stuckAt,
        (this.#known.get(uid)?.askedAt ?? Number.NEGATIVE_INFINITY) + ASK_EVERY_MS,
      );
      if (dueAt <= now) this.#known.set(uid, { askedAt: now, warning: await this.#ask(pod, uid) });
      askAgainMs = Math.min(askAgainMs ?? ASK_EVERY_MS, dueAt <= now ? ASK_EVERY_MS : dueAt - now);
      const warning = this.#known.get(uid)?.warning;
      if (warning !== undefined) warnings.set(uid, warning);
    }
    return askAgainMs === undefined ? { warnings } : { warnings, askAgainMs };
  }

  async #ask(pod: Pod, uid: string): Promise<PodWarning | undefined> {
    const before = this.#known.get(uid)?.warning;
    try {
      const { items } = await this.#client.list(EVENTS, {
        namespace: pod.metadata.namespace,
        fieldSelector: `involvedObject.uid=${uid},type=Warning`,
        limit: MOST_EVENTS,
      });
      const times = (event: (typeof items)[number]): string => event.lastTimestamp ?? event.eventTime ?? '';
      const newest = items.toSorted((a, b) => times(b).localeCompare(times(a)))[0];
      if (newest === undefined) return before;
      return { reason: newest.reason ?? '', message: (newest.message ?? '').slice(0, 1000) };
    } catch {
      return before;
    }
  }
}

function isCreating(pod: Pod): boolean {
  if (pod.status?.phase !== 'Pending') return false;
  const all = [...(pod.status.initContainerStatuses ?? []), ...(pod.status.containerStatuses ?? [])];
  // With one container running the rest waits for it, which is no trouble (a service that gets ready).
  if (all.some((status) => status.state?.running !== undefined)) return false;
  return all.some((status) => CREATING.has(status.state?.waiting?.reason ?? ''));
}
