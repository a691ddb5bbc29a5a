/** Typed requests to the API server. Raw JSON both ways: timestamps stay strings, nothing is parsed twice. */
import type { IncomingMessage } from 'node:http';
import type { KubeObject } from '../api/kubernetes.ts';
import type { Access } from './access.ts';
import { type Clock, pause, systemClock } from './clock.ts';
import { ApiError, errorFrom } from './errors.ts';
import { type ObjectKey, pathOf, type ResourceType } from './resource.ts';
import { readBody, Transport } from './transport.ts';
import { readWatch, type WatchEvent } from './watch-stream.ts';

export interface ListOptions {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  limit?: number;
  continue?: string | undefined;
  resourceVersion?: string;
}

export interface ObjectList<T> {
  metadata: { resourceVersion?: string; continue?: string };
  items: T[];
}

export interface WatchOptions {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  resourceVersion: string;
  /** The server ends the stream after this long. */
  timeoutSeconds: number;
  signal: AbortSignal;
}

export type Patch =
  | { kind: 'json'; body: readonly object[]; subresource?: string }
  | { kind: 'merge'; body: object; subresource?: string }
  | { kind: 'apply'; body: object; subresource?: string; fieldManager: string; force?: boolean };

export interface DeleteOptions {
  uid?: string;
  gracePeriodSeconds?: number;
  propagation?: 'Background' | 'Foreground' | 'Orphan';
}

export interface ApiClient {
  get<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey): Promise<T>;
  list<T extends KubeObject>(type: ResourceType<T>, options: ListOptions): Promise<ObjectList<T>>;
  create<T extends KubeObject>(type: ResourceType<T>, namespace: string, object: T): Promise<T>;
  patch<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, patch: Patch): Promise<T>;
  delete<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, options?: DeleteOptions): Promise<void>;
  watch<T extends KubeObject>(type: ResourceType<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** Anything else that speaks JSON, such as a TokenReview. */
  request(method: string, path: string, body?: object): Promise<unknown>;
  /** A body as a stream of bytes, such as a log. */
  stream(path: string, signal: AbortSignal): Promise<IncomingMessage>;
}

export interface ClientOptions {
  access: Access;
  clock?: Clock;
  /** Called once an answered request, for metrics. */
  onRequest?: (verb: string, resource: string, code: number, seconds: number) => void;
}

const CONTENT_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

const ATTEMPTS = 4;
const LONGEST_WAIT_MS = 5000;

export function createClient(options: ClientOptions): ApiClient {
  const clock = options.clock ?? systemClock;
  const transport = new Transport(options.access);

  /**
   * 429 and 503 with Retry-After are refusals before any effect, so every verb may try again; a request that got no
   * answer is repeated only where a second one does no harm.
   */
  async function call(
    verb: string,
    resource: string,
    method: string,
    path: string,
    body?: unknown,
    type?: string,
  ): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      const started = clock.now();
      let code = 0;
      try {
        const answer = await transport.send({
          method,
          path,
          ...(body === undefined
            ? {}
            : { body: JSON.stringify(body), contentType: type ?? 'application/json' }),
        });
        code = answer.statusCode ?? 0;
        const text = await readBody(answer);
        if (code < 200 || code > 299) {
          throw errorFrom(code, text, `${method} ${path}`, answer.headers['retry-after']);
        }
        return text === '' ? undefined : JSON.parse(text);
      } catch (error) {
        if (attempt >= ATTEMPTS || !mayRepeat(error, method)) throw error;
        const asked = error instanceof ApiError ? error.retryAfterSeconds : undefined;
        const wait = asked === undefined ? 50 * 4 ** (attempt - 1) : asked * 1000;
        await pause(clock, Math.min(wait, LONGEST_WAIT_MS) * (0.75 + clock.random() / 2));
      } finally {
        options.onRequest?.(verb, resource, code, (clock.now() - started) / 1000);
      }
    }
  }

  return {
    get: async (type, key) =>
      // The edge: what the API server sends under a kind's path has that kind's shape.
      (await call('get', type.plural, 'GET', pathOf(type, key.namespace, key.name))) as never,
    list: async (type, o) =>
      (await call(
        'list',
        type.plural,
        'GET',
        `${pathOf(type, o.namespace)}?${query({ ...o, namespace: undefined })}`,
      )) as never,
    create: async (type, namespace, object) =>
      (await call('create', type.plural, 'POST', pathOf(type, namespace), {
        apiVersion: type.apiVersion,
        kind: type.kind,
        ...object,
      })) as never,
    patch: async (type, key, patch) => {
      const how =
        patch.kind === 'apply' ? { fieldManager: patch.fieldManager, force: patch.force ?? true } : {};
      const path = pathOf(type, key.namespace, key.name, patch.subresource);
      const suffix = query(how);
      return (await call(
        'patch',
        type.plural,
        'PATCH',
        suffix === '' ? path : `${path}?${suffix}`,
        patch.body,
        CONTENT_TYPES[patch.kind],
      )) as never;
    },
    delete: async (type, key, o = {}) => {
      await call('delete', type.plural, 'DELETE', pathOf(type, key.namespace, key.name), {
        ...(o.uid === undefined ? {} : { preconditions: { uid: o.uid } }),
        ...(o.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: o.gracePeriodSeconds }),
        propagationPolicy: o.propagation ?? 'Background',
      });
    },
    watch: (type, o) => {
      const path = `${pathOf(type, o.namespace)}?${query({
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion: o.resourceVersion,
        timeoutSeconds: o.timeoutSeconds,
        labelSelector: o.labelSelector,
        fieldSelector: o.fieldSelector,
      })}`;
      return readWatch(transport, path, o.timeoutSeconds, o.signal, (code) =>
        options.onRequest?.('watch', type.plural, code, 0),
      );
    },
    request: async (method, path, body) =>
      await call(method.toLowerCase(), path.split('/').at(-1) ?? '', method, path, body),
    stream: async (path, signal) => {
      const answer = await transport.send({ method: 'GET', path, accept: '*/*', signal });
      const code = answer.statusCode ?? 0;
      if (code !== 200) throw errorFrom(code, await readBody(answer), `GET ${path}`);
      return answer;
    },
  };
}

function mayRepeat(error: unknown, method: string): boolean {
  if (!(error instanceof ApiError)) return false;
  if (error.code === 429) return true;
  if (error.code === 503 || error.code === 504)
    return method === 'GET' || error.retryAfterSeconds !== undefined;
  return error.code === 0 && method === 'GET';
}

function query(values: object): string {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) out.set(name, String(value));
  }
  return out.toString();
}
