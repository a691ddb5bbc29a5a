/** Typed requests to the API server. Raw JSON both ways: timestamps stay strings, nothing is parsed twice. */
import type { IncomingMessage } from 'node:http';
import type { KubeObject } from '../api/kubernetes.ts';
import type { Access } from './access.ts';
import { type Clock, elapsedOf, pause, systemClock } from './clock.ts';
import { ApiError, errorFrom, isTooLarge } from './errors.ts';
import { type ObjectKey, pathOf, type ResourceType } from './resource.ts';
import { readBody, Transport, type TransportRequest } from './transport.ts';
import { readWatch, type WatchEvent } from './watch-stream.ts';

export interface ListOptions {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  limit?: number;
  continue?: string | undefined;
  resourceVersion?: string;
  signal?: AbortSignal;
}

/** Of one call; the defaults suit a controller. */
export interface CallOptions {
  signal?: AbortSignal;
  /** For each attempt: until the head of the answer, and again for its body. */
  timeoutMs?: number;
  attempts?: number;
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
  /** Fails when nothing came for so long, a bookmark included. */
  silenceMs?: number;
  signal: AbortSignal;
}

export type Patch =
  | { kind: 'json'; body: readonly object[]; subresource?: string }
  | { kind: 'merge'; body: object; subresource?: string }
  | { kind: 'apply'; body: object; subresource?: string; fieldManager: string; force?: boolean };

export interface DeleteOptions {
  uid?: string;
  /** Only if nothing changed since. */
  resourceVersion?: string;
  gracePeriodSeconds?: number;
  propagation?: 'Background' | 'Foreground' | 'Orphan';
}

export interface ApiClient {
  get<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, options?: CallOptions): Promise<T>;
  list<T extends KubeObject>(type: ResourceType<T>, options: ListOptions): Promise<ObjectList<T>>;
  create<T extends KubeObject>(
    type: ResourceType<T>,
    namespace: string,
    object: T,
    options?: CallOptions,
  ): Promise<T>;
  patch<T extends KubeObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    patch: Patch,
    options?: CallOptions,
  ): Promise<T>;
  delete<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, options?: DeleteOptions): Promise<void>;
  watch<T extends KubeObject>(type: ResourceType<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** Anything else that speaks JSON, such as a TokenReview. */
  request(method: string, path: string, body?: object): Promise<unknown>;
  /** A body as a stream of bytes, such as a log; its head may come as late as its first byte. */
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

interface Call extends TransportRequest {
  verb: string;
  resource: string;
}

export function createClient(options: ClientOptions): ApiClient {
  const clock = options.clock ?? systemClock;
  const transport = new Transport(options.access);

  /**
   * 429 and 503 with Retry-After are refusals before any effect, so every verb may try again; a request that got no
   * answer is repeated only where a second one does no harm.
   */
  async function call({ verb, resource, ...wanted }: Call, how: CallOptions = {}): Promise<unknown> {
    const { method, path } = wanted;
    const request: TransportRequest = {
      ...wanted,
      ...(how.signal === undefined ? {} : { signal: how.signal }),
      ...(how.timeoutMs === undefined ? {} : { timeoutMs: how.timeoutMs }),
    };
    for (let attempt = 1; ; attempt++) {
      const started = elapsedOf(clock);
      let code = 0;
      try {
        const answer = await transport.send(request);
        code = answer.statusCode ?? 0;
        const text = await readBody(answer, how.timeoutMs);
        if (code < 200 || code > 299) {
          throw errorFrom(code, text, `${method} ${path}`, answer.headers['retry-after']);
        }
        return text === '' ? undefined : parse(text, `${method} ${path}`);
      } catch (error) {
        if (attempt >= (how.attempts ?? ATTEMPTS) || how.signal?.aborted === true) throw error;
        if (!mayRepeat(error, method)) throw error;
        const asked = error instanceof ApiError ? error.retryAfterSeconds : undefined;
        const wait = asked === undefined ? 50 * 4 ** (attempt - 1) : asked * 1000;
        await pause(clock, Math.min(wait, LONGEST_WAIT_MS) * (0.75 + clock.random() / 2), how.signal);
      } finally {
        options.onRequest?.(verb, resource, code, (elapsedOf(clock) - started) / 1000);
      }
    }
  }

  // The edge: what the API server sends under a kind's path has that kind's shape, which `as never` says.
  return {
    get: async (type, key, how) =>
      (await call(
        { verb: 'get', resource: type.plural, method: 'GET', path: pathOf(type, key.namespace, key.name) },
        how,
      )) as never,
    list: async (type, { namespace, signal, ...o }) => {
      const path = `${pathOf(type, namespace)}?${query(o)}`;
      const how = signal === undefined ? {} : { signal };
      return (await call({ verb: 'list', resource: type.plural, method: 'GET', path }, how)) as never;
    },
    create: async (type, namespace, object, how) => {
      const body = JSON.stringify({ apiVersion: type.apiVersion, kind: type.kind, ...object });
      const path = pathOf(type, namespace);
      return (await call(
        { verb: 'create', resource: type.plural, method: 'POST', path, body },
        how,
      )) as never;
    },
    patch: async (type, key, patch, how) => {
      const apply =
        patch.kind === 'apply' ? { fieldManager: patch.fieldManager, force: patch.force ?? true } : {};
      const path = pathOf(type, key.namespace, key.name, patch.subresource);
      const suffix = query(apply);
      const request: Call = {
        verb: 'patch',
        resource: type.plural,
        method: 'PATCH',
        path: suffix === '' ? path : `${path}?${suffix}`,
        body: JSON.stringify(patch.body),
        contentType: CONTENT_TYPES[patch.kind],
      };
      return (await call(request, how)) as never;
    },
    delete: async (type, key, o = {}) => {
      const body = JSON.stringify({
        preconditions: {
          ...(o.uid === undefined ? {} : { uid: o.uid }),
          ...(o.resourceVersion === undefined ? {} : { resourceVersion: o.resourceVersion }),
        },
        ...(o.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: o.gracePeriodSeconds }),
        propagationPolicy: o.propagation ?? 'Background',
      });
      const path = pathOf(type, key.namespace, key.name);
      await call({ verb: 'delete', resource: type.plural, method: 'DELETE', path, body });
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
      return readWatch(transport, {
        path,
        timeoutSeconds: o.timeoutSeconds,
        signal: o.signal,
        ...(o.silenceMs === undefined ? {} : { silenceMs: o.silenceMs }),
        onAnswer: (code) => options.onRequest?.('watch', type.plural, code, 0),
      });
    },
    request: async (method, path, body) =>
      await call({
        verb: method.toLowerCase(),
        resource: path.split('/').at(-1) ?? '',
        method,
        path,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    stream: async (path, signal) => {
      const answer = await transport.send({
        method: 'GET',
        path,
        accept: '*/*',
        signal,
        streams: true,
        timeoutMs: 0,
      });
      const code = answer.statusCode ?? 0;
      if (code !== 200) throw errorFrom(code, await readBody(answer), `GET ${path}`);
      return answer;
    },
  };
}

function mayRepeat(error: unknown, method: string): boolean {
  if (!(error instanceof ApiError) || isTooLarge(error)) return false;
  if (error.code === 429) return true;
  if (error.code === 503 || error.code === 504)
    return method === 'GET' || error.retryAfterSeconds !== undefined;
  return error.code === 0 && method === 'GET';
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiError(0, 'Malformed', `${where}: the answer is not JSON`, undefined, error);
  }
}

function query(values: object): string {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) out.set(name, String(value));
  }
  return out.toString();
}
