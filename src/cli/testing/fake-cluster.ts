/** An API server over HTTP with what the CLI asks for: objects, watches and logs, each to be broken on demand. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { KubeObject } from '../../api/kubernetes.ts';
import { API_VERSION } from '../../api/names.ts';
import type { Pipeline, PipelineSpec, PipelineStatus } from '../../api/pipeline.ts';
import type { Run, RunStatus } from '../../api/run.ts';
import { answer, event, status } from '../../kube/testing/fake-api.ts';
import { PodLog } from './pod-log.ts';

interface Watcher {
  response: ServerResponse;
  prefix: string;
  name: string | undefined;
}

interface Change {
  version: number;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  path: string;
  object: KubeObject;
}

const KINDS: { readonly [plural: string]: string } = { runs: 'Run', pipelines: 'Pipeline' };
export const NAMESPACE = 'shop';
const ROOT = `/apis/${API_VERSION}/namespaces`;

export class FakeCluster {
  /** `POST /apis/…`, without queries. */
  readonly requests: string[] = [];
  /** Answers in place of the right one: a status and a message. */
  refuse: (method: string, path: string) => { code: number; reason: string; message: string } | undefined =
    () => undefined;
  url = '';
  readonly #objects = new Map<string, KubeObject>();
  readonly #logs = new Map<string, PodLog>();
  readonly #history: Change[] = [];
  readonly #watchers = new Set<Watcher>();
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #version = 1;
  #compacted = 0;
  #names = 0;

  constructor() {
    this.#server = createServer((request, response) => void this.#handle(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  async open(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    this.url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  get watching(): number {
    return this.#watchers.size;
  }

  pipeline(
    name: string,
    spec: PipelineSpec,
    about: PipelineStatus = {},
    namespace: string = NAMESPACE,
  ): void {
    const object: Pipeline = {
      kind: 'Pipeline',
      metadata: { name, namespace, generation: 1 },
      spec,
      status: about,
    };
    this.#put(`${ROOT}/${namespace}/pipelines/${name}`, object);
  }

  run(name: string, rest: Partial<Run> = {}, namespace: string = NAMESPACE): void {
    const object: Run = {
      kind: 'Run',
      metadata: { name, namespace },
      spec: { pipelineRef: { name: 'webapp' } },
      ...rest,
    };
    this.#put(`${ROOT}/${namespace}/runs/${name}`, object);
  }

  /** As the operator would. */
  report(name: string, now: RunStatus): void {
    const path = `${ROOT}/${NAMESPACE}/runs/${name}`;
    const run = this.#objects.get(path);
    if (run === undefined) throw new Error(`no Run ${name}`);
    this.#put(path, { ...run, status: now } as KubeObject);
  }

  runs(): Run[] {
    return [...this.#objects.values()].filter((object): object is Run => object.kind === 'Run');
  }

  remove(name: string): void {
    const path = `${ROOT}/${NAMESPACE}/runs/${name}`;
    const object = this.#objects.get(path);
    if (object === undefined) return;
    this.#objects.delete(path);
    this.#append('DELETED', path, object);
  }

  log(pod: string): PodLog {
    const log = this.#logs.get(pod) ?? new PodLog();
    this.#logs.set(pod, log);
    return log;
  }

  /** Resets every connection that waits for news. */
  cutWatches(): void {
    for (const { response } of this.#watchers) response.socket?.resetAndDestroy();
    this.#watchers.clear();
  }

  /** Forgets its history: a watch from before is answered 410. */
  compact(): void {
    this.#compacted = this.#version;
  }

  #put(path: string, object: KubeObject): void {
    const before = this.#objects.get(path);
    const version = this.#version + 1;
    const metadata = {
      uid: `uid-${version}`,
      // A later object is a younger one.
      creationTimestamp: new Date(Date.UTC(2026, 0, 1, 12) + version * 1000).toISOString(),
      ...object.metadata,
      ...(before === undefined ? {} : { uid: before.metadata.uid ?? '' }),
      resourceVersion: String(version),
      managedFields: [{ manager: 'test' }],
    };
    const kept = { apiVersion: API_VERSION, ...object, metadata };
    this.#objects.set(path, kept);
    this.#append(before === undefined ? 'ADDED' : 'MODIFIED', path, kept);
  }

  #append(type: Change['type'], path: string, object: KubeObject): void {
    this.#version += 1;
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    const change = { version: this.#version, type, path, object: { ...object, metadata } };
    this.#history.push(change);
    for (const watcher of this.#watchers) send(watcher, change);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET' } = request;
    const url = new URL(request.url ?? '/', 'http://fake');
    this.requests.push(`${method} ${url.pathname}`);
    const refused = this.refuse(method, url.pathname);
    const pod = /\/pods\/([^/]+)(\/log)?$/.exec(url.pathname);
    if (refused !== undefined) {
      answer(response, refused.code, { ...status(refused.code, refused.reason), message: refused.message });
    } else if (pod !== null) this.#pod(pod[1] ?? '', pod[2] !== undefined, url.searchParams, response);
    else if (method === 'POST') this.#create(url.pathname, JSON.parse(await text(request)), response);
    else if (method === 'PATCH') this.#patch(url.pathname, JSON.parse(await text(request)), response);
    else if (url.searchParams.get('watch') === 'true') this.#watch(url, response);
    else this.#read(url, response);
  }

  #pod(name: string, isLog: boolean, query: URLSearchParams, response: ServerResponse): void {
    const log = this.#logs.get(name);
    if (log === undefined) notFound(response, 'pods', name);
    else if (isLog) log.serve(query, response);
    else answer(response, 200, log.pod(name));
  }

  #read(url: URL, response: ServerResponse): void {
    const path = url.pathname;
    const plural = path.split('/').at(-1) ?? '';
    const object = this.#objects.get(path);
    if (object !== undefined) answer(response, 200, object);
    else if (KINDS[plural] === undefined) notFound(response, path.split('/').at(-2) ?? '', plural);
    else {
      const items = [...this.#objects]
        .filter(([at]) => isIn(at, path))
        .map(([, item]) => item)
        .filter((item) => isSelected(item, url.searchParams));
      answer(response, 200, { metadata: { resourceVersion: String(this.#version) }, items });
    }
  }

  #watch(url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get('resourceVersion'));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (from < this.#compacted) {
      response.end(event('ERROR', status(410, 'Expired')));
      return;
    }
    const name = url.searchParams.get('fieldSelector')?.replace('metadata.name=', '');
    const watcher: Watcher = { response, prefix: url.pathname, name };
    for (const change of this.#history) if (change.version > from) send(watcher, change);
    this.#watchers.add(watcher);
    response.on('close', () => this.#watchers.delete(watcher));
  }

  #create(path: string, object: KubeObject, response: ServerResponse): void {
    const { generateName, name = `${generateName ?? ''}x${++this.#names}` } = object.metadata;
    if (this.#objects.has(`${path}/${name}`)) {
      answer(response, 409, {
        ...status(409, 'AlreadyExists'),
        message: `runs.otto.dev "${name}" already exists`,
      });
      return;
    }
    this.#put(`${path}/${name}`, { ...object, metadata: { ...object.metadata, name } });
    answer(response, 201, this.#objects.get(`${path}/${name}`) ?? {});
  }

  #patch(path: string, patch: { spec?: object }, response: ServerResponse): void {
    const object = this.#objects.get(path);
    if (object === undefined) {
      notFound(response, 'runs', path);
      return;
    }
    const before = 'spec' in object && typeof object.spec === 'object' ? object.spec : {};
    this.#put(path, { ...object, spec: { ...before, ...patch.spec } } as KubeObject);
    answer(response, 200, this.#objects.get(path) ?? {});
  }
}

function send({ response, prefix, name }: Watcher, { type, path, object }: Change): void {
  if (isIn(path, prefix) && (name === undefined || object.metadata.name === name)) {
    response.write(event(type, object));
  }
}

/** In a namespace's collection, or in that of all namespaces. */
function isIn(path: string, collection: string): boolean {
  if (path.startsWith(`${collection}/`)) return true;
  const plural = collection.split('/').at(-1) ?? '';
  return !collection.includes('/namespaces/') && path.split('/').at(-2) === plural;
}

function isSelected({ metadata }: KubeObject, query: URLSearchParams): boolean {
  const name = query.get('fieldSelector')?.replace('metadata.name=', '');
  const [label = '', value] = query.get('labelSelector')?.split('=') ?? [];
  if (value !== undefined && metadata.labels?.[label] !== value) return false;
  return name === undefined || metadata.name === name;
}

function notFound(response: ServerResponse, plural: string, name: string): void {
  answer(response, 404, { ...status(404, 'NotFound'), message: `${plural} "${name}" not found` });
}
