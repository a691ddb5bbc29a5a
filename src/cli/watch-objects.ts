/** Objects as they change, for one person's look: no cache, one watch, mended when it breaks. */
import type { KubeObject } from '../api/kubernetes.ts';
import type { ApiClient } from '../kube/client.ts';
import { type Clock, pause, systemClock } from '../kube/clock.ts';
import { ApiError, isExpired } from '../kube/errors.ts';
import type { ResourceType } from '../kube/resource.ts';
import type { WatchEvent } from '../kube/watch-stream.ts';
import { listAll } from './list-all.ts';

export interface Selection {
  /** Absent: all namespaces. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
}

export type Change<T> =
  /** All there is: at the start, and again when what happened in between cannot be known. */
  | { type: 'all'; objects: T[] }
  | { type: 'changed'; object: T }
  | { type: 'deleted'; object: T }
  /** The connection broke; it is being mended. Said once until it is. */
  | { type: 'lost'; error: ApiError };

export interface WatchLimits {
  signal: AbortSignal;
  clock?: Clock;
  /** How long the API server may be away before it is given up. */
  patienceMs?: number;
}

/** Short, so that a connection that died in silence (a laptop that slept) is noticed soon. */
const WATCH_SECONDS = 60;
const PATIENCE_MS = 300_000;
const LONGEST_WAIT_MS = 5000;
/** A server that ends each watch at once is not asked more often than this. */
const LEAST_WATCH_MS = 500;

/** @throws ApiError what the first request meets; later what does not pass, or lasts longer than the patience. */
export async function* watchObjects<T extends KubeObject>(
  client: ApiClient,
  type: ResourceType<T>,
  selection: Selection,
  { signal, clock = systemClock, patienceMs = PATIENCE_MS }: WatchLimits,
): AsyncGenerator<Change<T>, void, undefined> {
  let version: string | undefined;
  let connected = false;
  let failures = 0;
  let lostAt: number | undefined;
  while (!signal.aborted) {
    const started = clock.now();
    try {
      if (version === undefined) {
        const list = await listAll(client, type, selection);
        version = list.resourceVersion;
        connected = true;
        yield { type: 'all', objects: list.items };
      }
      const events = client.watch(type, {
        ...selection,
        resourceVersion: version,
        timeoutSeconds: WATCH_SECONDS,
        signal,
      });
      for await (const event of events) {
        [failures, lostAt] = [0, undefined];
        version = event.object.metadata.resourceVersion ?? version;
        const change = changeOf(event);
        if (change !== undefined) yield change;
      }
      [failures, lostAt] = [0, undefined];
      if (clock.now() - started < LEAST_WATCH_MS) await pause(clock, LEAST_WATCH_MS, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError) || !connected) throw error;
      if (isExpired(error) && version !== undefined) {
        version = undefined;
        continue;
      }
      lostAt ??= clock.now();
      if (!mayPass(error) || clock.now() - lostAt > patienceMs) throw error;
      if (failures === 0) yield { type: 'lost', error };
      failures += 1;
      await pause(clock, Math.min(LONGEST_WAIT_MS, 200 * 2 ** Math.min(failures, 5)), signal);
    }
  }
}

function changeOf<T>(event: WatchEvent<T>): Change<T> | undefined {
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
      return { type: 'changed', object: event.object };
    case 'DELETED':
      return { type: 'deleted', object: event.object };
    case 'BOOKMARK':
      return undefined;
  }
}

/** The server is away or busy: nothing of ours is wrong. */
function mayPass(error: ApiError): boolean {
  return error.code === 0 || error.code === 429 || error.code >= 500 || isExpired(error);
}
