/** Servers that start, tell their port, and stop within a limit. */
import {
  createServer as createHttp,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttps, type Server as TlsServer } from 'node:https';
import type { KeyPair } from './tls/certificates.ts';

export interface Listening {
  /** The one that was given when 0 was asked for. */
  port: number;
  /** Open requests are given `limitMs`. */
  close(limitMs: number): Promise<void>;
}

export interface ListeningTls extends Listening {
  /** For connections from now on. */
  renew(certificate: KeyPair): void;
}

/** What a client may take of the server; milliseconds. */
export interface Limits {
  /** From the connection to the end of TLS' handshake, and from there to the end of a request's head. */
  headMs: number;
  /** From a request's first byte to its last. */
  requestMs: number;
  idleMs: number;
  /** How often the others are checked. */
  checkMs: number;
  /** More are closed at once. */
  connections: number;
}

const LIMITS: Limits = {
  headMs: 10_000,
  requestMs: 15_000,
  idleMs: 75_000,
  checkMs: 5000,
  connections: 5000,
};

export async function listenHttp(
  handler: RequestListener,
  port: number,
  host?: string,
  limits: Limits = LIMITS,
): Promise<Listening> {
  return await listen(createHttp(httpOptions(limits), handler), port, host, limits);
}

export async function listenHttps(
  handler: RequestListener,
  certificate: KeyPair,
  port: number,
  host?: string,
  limits: Limits = LIMITS,
): Promise<ListeningTls> {
  const options = { ...httpOptions(limits), handshakeTimeout: limits.headMs, ...secure(certificate) };
  const server = createHttps(options, handler);
  const listening = await listen(server, port, host, limits);
  return { ...listening, renew: (pair) => server.setSecureContext(secure(pair)) };
}

function secure(pair: KeyPair): { cert: string; key: string; minVersion: 'TLSv1.3' } {
  return { cert: pair.certificate, key: pair.key, minVersion: 'TLSv1.3' };
}

function httpOptions({ headMs, requestMs, idleMs, checkMs }: Limits): ServerOptions {
  return {
    headersTimeout: headMs,
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    connectionsCheckingInterval: checkMs,
  };
}

async function listen(
  server: Server | TlsServer,
  port: number,
  host: string | undefined,
  { connections }: Limits,
): Promise<Listening> {
  server.maxConnections = connections;
  const open = new Set<ServerResponse>();
  let closing = false;
  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    if (closing) response.setHeader('Connection', 'close');
    open.add(response);
    response.on('close', () => open.delete(response));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : port,
    close: (limitMs) =>
      new Promise((resolve) => {
        closing = true;
        // A connection that is kept alive after its answer would be waited for.
        for (const response of open) if (!response.headersSent) response.setHeader('Connection', 'close');
        const timer = setTimeout(() => server.closeAllConnections(), limitMs);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}
