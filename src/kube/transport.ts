/**
 * Requests to one API server over kept-alive connections. `node:https` and not the client library's transport: that
 * one opens a connection a request and costs 134 MB to import.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Access } from './access.ts';
import { ApiError } from './errors.ts';

export interface TransportRequest {
  method: string;
  path: string;
  body?: string;
  contentType?: string;
  accept?: string;
  /** Until the answer's head; default 30 s. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

const MAX_SOCKETS = 64;
const DEFAULT_TIMEOUT_MS = 30_000;

export class Transport {
  readonly #access: Access;
  #agent: HttpAgent | undefined;
  #agentOf = '';

  constructor(access: Access) {
    this.#access = access;
  }

  /** The answer once its head is there; its body is the caller's to read or destroy. */
  async send(req: TransportRequest): Promise<IncomingMessage> {
    const credentials = await this.#access();
    const url = new URL(credentials.server);
    const secure = url.protocol === 'https:';
    const agent = this.#agentFor(secure, credentials.tls);
    const headers: Record<string, string> = {
      accept: req.accept ?? 'application/json',
      'user-agent': 'otto',
    };
    if (credentials.token !== undefined) headers['authorization'] = `Bearer ${credentials.token}`;
    if (req.body !== undefined) {
      headers['content-type'] = req.contentType ?? 'application/json';
      headers['content-length'] = String(Buffer.byteLength(req.body));
    }
    const where = `${req.method} ${req.path}`;
    return await new Promise((resolve, reject) => {
      const options = {
        agent,
        method: req.method,
        headers,
        hostname: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
        path: (url.pathname === '/' ? '' : url.pathname.replace(/\/$/, '')) + req.path,
        ...(req.signal === undefined ? {} : { signal: req.signal }),
      };
      const out = (secure ? httpsRequest : httpRequest)(options, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      const limit = req.timeoutMs ?? DEFAULT_TIMEOUT_MS;
      const timer = setTimeout(() => out.destroy(new Error(`no answer within ${limit} ms`)), limit);
      out.on('error', (error) => {
        clearTimeout(timer);
        reject(new ApiError(0, 'Unreachable', `${where}: ${error.message}`, undefined, error));
      });
      out.end(req.body);
    });
  }

  /** A new agent when the CA or the client certificate changed: old connections end with their last request. */
  #agentFor(
    secure: boolean,
    tls: { ca?: string; cert?: string; key?: string; insecure?: boolean },
  ): HttpAgent {
    const identity = JSON.stringify([secure, tls]);
    if (this.#agent !== undefined && this.#agentOf === identity) return this.#agent;
    const options = { keepAlive: true, maxSockets: MAX_SOCKETS, scheduling: 'lifo' as const };
    this.#agent = secure
      ? new HttpsAgent({
          ...options,
          ...(tls.ca === undefined ? {} : { ca: tls.ca }),
          ...(tls.cert === undefined ? {} : { cert: tls.cert }),
          ...(tls.key === undefined ? {} : { key: tls.key }),
          rejectUnauthorized: tls.insecure !== true,
        })
      : new HttpAgent(options);
    this.#agentOf = identity;
    return this.#agent;
  }

  close(): void {
    this.#agent?.destroy();
  }
}

/** The whole body as text, at most `limit` bytes and `timeoutMs` long. */
export async function readBody(
  answer: IncomingMessage,
  limit: number = 64 << 20,
  timeoutMs: number = 60_000,
): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  const timer = setTimeout(
    () => answer.destroy(new Error(`body not complete within ${timeoutMs} ms`)),
    timeoutMs,
  );
  try {
    for await (const chunk of answer) {
      const bytes: Buffer = chunk;
      size += bytes.length;
      if (size > limit) throw new Error(`answer over ${limit} bytes`);
      chunks.push(bytes);
    }
  } catch (error) {
    throw new ApiError(0, 'Unreachable', `reading the answer: ${String(error)}`, undefined, error);
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
