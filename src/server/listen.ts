/** Servers that start, tell their port, and stop within a limit. */
import { createServer as createHttp, type RequestListener, type Server } from 'node:http';
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

export async function listenHttp(handler: RequestListener, port: number, host?: string): Promise<Listening> {
  return await listen(createHttp(handler), port, host);
}

export async function listenHttps(
  handler: RequestListener,
  certificate: KeyPair,
  port: number,
  host?: string,
): Promise<ListeningTls> {
  const server = createHttps(secure(certificate), handler);
  const listening = await listen(server, port, host);
  return { ...listening, renew: (pair) => server.setSecureContext(secure(pair)) };
}

function secure(pair: KeyPair): { cert: string; key: string; minVersion: 'TLSv1.3' } {
  return { cert: pair.certificate, key: pair.key, minVersion: 'TLSv1.3' };
}

async function listen(server: Server | TlsServer, port: number, host?: string): Promise<Listening> {
  server.headersTimeout = 10_000;
  server.requestTimeout = 15_000;
  server.keepAliveTimeout = 75_000;
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
        const timer = setTimeout(() => server.closeAllConnections(), limitMs);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}
