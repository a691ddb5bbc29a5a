/**
 * Requests to one API server over kept-alive connections. `node:https` and not the client library's transport: that
 * one opens a connection a request and costs 134 MB to import.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { Access, Credentials } from './access.ts';
import { ApiError } from './errors.ts';

export interface TransportRequest {
  method: string;
  path: string;
  body?: string;
  /** Default: JSON. */
  contentType?: string;
  accept?: string;
  /** Until the answer's head; 0: as long as the connection lives. */
  timeoutMs?: number;
  signal?: AbortSignal;
  /** The answer is long-lived (a watch, a followed log): it must not take a connection from the others. */
  streams?: boolean;
}

const MAX_SOCKETS = 64;
const DEFAULT_TIMEOUT_MS = 30_000;
/** Below the API server's own limit of 90 s, so that no request goes out on a connection that is being closed. */
const IDLE_SOCKET_MS = 60_000;
/** libuv then probes each second and gives up after ten: a dead peer is noticed within 25 s of silence. */
const TCP_KEEP_ALIVE_MS = 15_000;

/** What does not change from request to request. */
interface Endpoint {
  credentials: Credentials;
  secure: boolean;
  hostname: string;
  port: number;
  /** Before each path; mostly empty. */
  prefix: string;
  requests: HttpAgent;
  streams: HttpAgent;
}

export class Transport {
  readonly #access: Access;
  #endpoint: Endpoint | undefined;

  constructor(access: Access) {
    this.#access = access;
  }

  /** The answer once its head is there; its body is the caller's to read or destroy. */
  async send(req: TransportRequest): Promise<IncomingMessage> {
    const answer = await this.#once(req, await this.#access());
    if (answer.statusCode !== 401) return answer;
    // The token was rotated or revoked since it was read: once more with what is there now.
    answer.resume();
    return await this.#once(req, await this.#access({ fresh: true }));
  }

  close(): void {
    this.#endpoint?.requests.destroy();
    this.#endpoint?.streams.destroy();
  }

  #once(req: TransportRequest, credentials: Credentials): Promise<IncomingMessage> {
    const to = this.#endpointOf(credentials);
    const headers: Record<string, string> = {
      accept: req.accept ?? 'application/json',
      'user-agent': 'otto',
    };
    if (credentials.token !== undefined) headers['authorization'] = `Bearer ${credentials.token}`;
    if (req.body !== undefined) {
      headers['content-type'] = req.contentType ?? 'application/json';
      headers['content-length'] = String(Buffer.byteLength(req.body));
    }
    const options = {
      agent: req.streams === true ? to.streams : to.requests,
      method: req.method,
      headers,
      hostname: to.hostname,
      port: to.port,
      path: to.prefix + req.path,
      ...(req.signal === undefined ? {} : { signal: req.signal }),
    };
    return new Promise((resolve, reject) => {
      const out = (to.secure ? httpsRequest : httpRequest)(options, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      const limit = req.timeoutMs ?? DEFAULT_TIMEOUT_MS;
      const timer =
        limit === 0
          ? undefined
          : setTimeout(() => out.destroy(new Error(`no answer within ${limit} ms`)), limit);
      out.on('socket', keepAlive);
      out.on('error', (error) => {
        clearTimeout(timer);
        const where = `${req.method} ${req.path}`;
        reject(new ApiError(0, 'Unreachable', `${where}: ${error.message}`, undefined, error));
      });
      out.end(req.body);
    });
  }

  /** New agents when the server or the identity changed; those of before end idle. */
  #endpointOf(credentials: Credentials): Endpoint {
    const known = this.#endpoint;
    if (known?.credentials === credentials) return known;
    if (known !== undefined && isSamePeer(known.credentials, credentials)) {
      known.credentials = credentials;
      return known;
    }
    const { tls } = credentials;
    const url = new URL(credentials.server);
    const secure = url.protocol === 'https:';
    const shared = { keepAlive: true, timeout: IDLE_SOCKET_MS, scheduling: 'lifo' as const };
    const identity = {
      ...(tls.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls.cert === undefined ? {} : { cert: tls.cert }),
      ...(tls.key === undefined ? {} : { key: tls.key }),
      rejectUnauthorized: tls.insecure !== true,
    };
    const agent = (maxSockets: number): HttpAgent =>
      secure
        ? new HttpsAgent({ ...shared, ...identity, maxSockets })
        : new HttpAgent({ ...shared, maxSockets });
    this.#endpoint = {
      credentials,
      secure,
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
      prefix: url.pathname.replace(/\/$/, ''),
      requests: agent(MAX_SOCKETS),
      streams: agent(Number.POSITIVE_INFINITY),
    };
    return this.#endpoint;
  }
}

function isSamePeer(a: Credentials, b: Credentials): boolean {
  return (
    a.server === b.server &&
    a.tls.ca === b.tls.ca &&
    a.tls.cert === b.tls.cert &&
    a.tls.key === b.tls.key &&
    a.tls.insecure === b.tls.insecure
  );
}

const keptAlive = new WeakSet<Socket>();

function keepAlive(socket: Socket): void {
  if (keptAlive.has(socket)) return;
  keptAlive.add(socket);
  socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
}

/** Parsed, it takes several times as much. */
const BODY_LIMIT = 32 << 20;
const BODY_TIMEOUT_MS = 60_000;

/** The whole body as text, at most 32 MiB of it. @throws ApiError TooLarge, or Unreachable where it does not come whole. */
export function readBody(answer: IncomingMessage, timeoutMs: number = BODY_TIMEOUT_MS): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const late = (): void => void answer.destroy(new Error(`body not complete within ${timeoutMs} ms`));
    const timer = setTimeout(late, timeoutMs);
    answer.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= BODY_LIMIT) chunks.push(chunk);
      else answer.destroy(new ApiError(0, 'TooLarge', `the answer has more than ${BODY_LIMIT} bytes`));
    });
    answer.on('end', () => {
      clearTimeout(timer);
      const [only] = chunks;
      resolve((chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)).toString('utf8'));
    });
    const fail = (error?: Error): void => {
      clearTimeout(timer);
      const why = error?.message ?? 'the connection was closed';
      if (error instanceof ApiError) reject(error);
      else reject(new ApiError(0, 'Unreachable', `reading the answer: ${why}`, undefined, error));
    };
    answer.on('error', fail);
    answer.on('close', () => {
      // After a whole answer too; an error that nobody sees would still cost its stack.
      if (!answer.readableEnded) fail();
    });
  });
}
