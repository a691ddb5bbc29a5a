/** The operator's side of the direct channel, as a test wants it: over TLS by an authority of its own. */
import type { RequestListener } from 'node:http';
import type { StageReport } from '../runner/protocol.ts';
import { parseReport } from '../runner/report-parser.ts';
import { type ListeningTls, listenHttps } from '../server/listen.ts';
import { createAuthority, createServerCertificate } from '../server/tls/certificates.ts';

export interface Received {
  report: StageReport;
  /** As text, to look for what must not be there. */
  body: string;
  token: string;
  at: number;
}

export class ReportReceiver {
  readonly received: Received[] = [];
  /** Answers in order; after them 204. 'hang': none. */
  answers: (number | 'hang')[] = [];
  requests = 0;
  readonly connections: Set<number | undefined> = new Set();
  #listening: ListeningTls | undefined;
  #ca = '';

  async listen(): Promise<void> {
    const now = Date.now();
    const authority = await createAuthority('test', now);
    const certificate = await createServerCertificate(authority, ['127.0.0.1'], now);
    this.#ca = authority.certificate;
    this.#listening = await listenHttps(this.#handler(), certificate, 0, '127.0.0.1');
  }

  get url(): string {
    return `https://127.0.0.1:${this.#listening?.port ?? 0}/v1/report`;
  }

  /** PEM. */
  get ca(): string {
    return this.#ca;
  }

  async close(): Promise<void> {
    await this.#listening?.close(0);
  }

  #handler(): RequestListener {
    return (request, response) => {
      this.requests++;
      this.connections.add(request.socket.remotePort);
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => {
        const answer = this.answers.shift() ?? 204;
        if (answer === 'hang') return;
        if (answer === 204) {
          const token = request.headers.authorization ?? '';
          this.received.push({ report: parseReport(body), body, token, at: Date.now() });
        }
        response.writeHead(answer).end();
      });
    };
  }
}
