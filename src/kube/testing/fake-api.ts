/**
 * An API server over HTTP for one kind: lists in pages, watches from a version, and on demand misbehaves. What it holds
 * is the truth that a cache must come to.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { KubeObject } from '../../api/kubernetes.ts';
import type { Access } from '../access.ts';

export type Verb = 'list' | 'continue' | 'watch';

/** Stands in for the answer to one request; `answer` gives the right one. */
export type Fault = (response: ServerResponse, answer: () => void) => void;

interface HistoryEntry {
  version: number;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: KubeObject;
}

interface Watcher {
  response: ServerResponse;
  namespace: string | undefined;
  sent: number;
}

export class FakeApi {
  readonly objects: Map<string, KubeObject> = new Map();
  readonly requests: Record<Verb, number> = { list: 0, continue: 0, watch: 0 };
  token: string | undefined;
  #version = 100;
  #uids = 0;
  #history: HistoryEntry[] = [];
  /** Versions before this one are forgotten. */
  #compacted = 0;
  readonly #faults: Record<Verb, Fault[]> = { list: [], continue: [], watch: [] };
  readonly #watchers = new Set<Watcher>();
  readonly #sockets = new Set<Socket>();
  #isHeld = false;
  #server: Server | undefined;
  #port = 0;

  async open(): Promise<void> {
    const server = createServer((request, response) => this.#handle(request, response));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.cutConnections();
    if (server === undefined) return;
    server.close();
    await once(server, 'close');
  }

  get access(): Access {
    return async () => ({ server: `http://127.0.0.1:${this.#port}`, tls: {} });
  }

  get version(): string {
    return String(this.#version);
  }

  get watching(): number {
    return this.#watchers.size;
  }

  /** Resets every connection. */
  cutConnections(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Creates it or changes it. @returns what a request would be answered. */
  put(name: string, namespace: string = 'a', labels: Record<string, string> = {}): KubeObject {
    const key = `${namespace}/${name}`;
    const before = this.objects.get(key);
    const version = ++this.#version;
    const object: KubeObject = {
      metadata: {
        name,
        namespace,
        uid: before?.metadata.uid ?? `uid-${++this.#uids}`,
        resourceVersion: String(version),
        labels,
      },
    };
    this.objects.set(key, object);
    this.#append({ version, type: before === undefined ? 'ADDED' : 'MODIFIED', object });
    return structuredClone(object);
  }

  remove(name: string, namespace: string = 'a'): void {
    const key = `${namespace}/${name}`;
    const before = this.objects.get(key);
    if (before === undefined) return;
    const version = ++this.#version;
    this.objects.delete(key);
    const object = { metadata: { ...before.metadata, resourceVersion: String(version) } };
    this.#append({ version, type: 'DELETED', object });
  }

  /** The next request of this verb meets the fault. */
  fail(verb: Verb, ...faults: Fault[]): void {
    this.#faults[verb].push(...faults);
  }

  /** Faults that nobody has met yet. */
  get faultsLeft(): number {
    return Object.values(this.#faults).reduce((sum, faults) => sum + faults.length, 0);
  }

  /** Forgets its history: a watch from before is answered 410. */
  compact(): void {
    this.#compacted = this.#version;
    this.#history = [];
  }

  /** As after the restore of a backup: older versions, and everything else that is in it. */
  rewind(to: number): void {
    this.#version = to;
    this.#compacted = 0;
    this.#history = [];
  }

  /** Watches get nothing until `release`. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    for (const watcher of this.#watchers) this.#feed(watcher);
  }

  /** Writes to every watch as it stands. */
  send(text: string): void {
    for (const { response } of this.#watchers) response.write(text);
  }

  bookmark(): void {
    this.send(event('BOOKMARK', { metadata: { resourceVersion: this.version } }));
  }

  /** Ends every watch; `torn`: in the middle of a line. */
  endWatches(torn: boolean = false): void {
    for (const { response } of this.#watchers) response.end(torn ? '{"type":"MODIFIED","obj' : '');
    this.#watchers.clear();
  }

  /** State as a cache must show it. */
  state(): string[] {
    return stateOf(this.objects.values());
  }

  #append(entry: HistoryEntry): void {
    this.#history.push(entry);
    if (!this.#isHeld) for (const watcher of this.#watchers) this.#feed(watcher);
  }

  #feed(watcher: Watcher): void {
    for (const { version, type, object } of this.#history) {
      if (version <= watcher.sent) continue;
      watcher.sent = version;
      if (watcher.namespace === undefined || object.metadata.namespace === watcher.namespace) {
        watcher.response.write(event(type, object));
      }
    }
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://fake');
    const isWatch = url.searchParams.get('watch') === 'true';
    const verb = isWatch ? 'watch' : url.searchParams.has('continue') ? 'continue' : 'list';
    this.requests[verb]++;
    if (this.token !== undefined && request.headers.authorization !== `Bearer ${this.token}`) {
      answer(response, 401, status(401, 'Unauthorized'));
      return;
    }
    const right = (): void => (isWatch ? this.#watch(url, response) : this.#list(url, response));
    const fault = this.#faults[verb].shift();
    if (fault === undefined) right();
    else fault(response, right);
  }

  #list(url: URL, response: ServerResponse): void {
    const namespace = /\/namespaces\/([^/]+)\//.exec(url.pathname)?.[1];
    const limit = Number(url.searchParams.get('limit') ?? '0');
    const [at = this.version, from = '0', snapshot] = url.searchParams.get('continue')?.split('|') ?? [];
    const all: KubeObject[] =
      snapshot === undefined
        ? [...this.objects.values()].filter(
            (o) => namespace === undefined || o.metadata.namespace === namespace,
          )
        : JSON.parse(Buffer.from(snapshot, 'base64url').toString());
    const end = limit === 0 ? all.length : Number(from) + limit;
    // The token holds the state itself, so that later pages are of the same moment as the first.
    const rest = Buffer.from(JSON.stringify(all)).toString('base64url');
    const next = end < all.length ? { continue: `${at}|${end}|${rest}` } : {};
    answer(response, 200, {
      metadata: { resourceVersion: at, ...next },
      items: all.slice(Number(from), end),
    });
  }

  #watch(url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get('resourceVersion'));
    if (from < this.#compacted) {
      answer(response, 410, status(410, 'Expired'));
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const namespace = /\/namespaces\/([^/]+)\//.exec(url.pathname)?.[1];
    const watcher = { response, namespace, sent: from };
    this.#watchers.add(watcher);
    response.on('close', () => this.#watchers.delete(watcher));
    if (!this.#isHeld) this.#feed(watcher);
  }
}

export function stateOf(objects: Iterable<KubeObject>): string[] {
  return Array.from(objects, ({ metadata: { namespace, name, uid, resourceVersion } }) =>
    [namespace, name, uid, resourceVersion].join(' '),
  ).sort();
}

export function status(code: number, reason: string): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, reason, message: reason };
}

export function event(type: string, object: object): string {
  return `${JSON.stringify({ type, object })}\n`;
}

export function answer(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
