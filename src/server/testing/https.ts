/** A client that believes one authority only. */
import { once } from 'node:events';
import { type Agent, type RequestOptions, request } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';

export interface Sent {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  /** As given; without a length in the head when it is a list. */
  body?: string | readonly string[];
  agent?: Agent;
}

export interface Answered {
  code: number;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

export async function send(port: number, ca: string, wanted: Sent): Promise<Answered> {
  const { method = 'POST', path = '/', headers = {}, body, agent } = wanted;
  const options: RequestOptions = { host: '127.0.0.1', port, ca, method, path, headers };
  if (agent !== undefined) options.agent = agent;
  return await new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ code: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    // An answer that came before the request was read to its end stands.
    sent.on('error', reject);
    for (const part of Array.isArray(body) ? body : []) sent.write(part);
    sent.end(typeof body === 'string' ? body : undefined);
  });
}

export async function connectTls(port: number, ca: string, servername = 'localhost'): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ca, servername });
  await once(socket, 'secureConnect');
  return socket;
}
