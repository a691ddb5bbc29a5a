/** The socket of one library step: HTTP over a unix socket in a folder that only the runner has. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Control, parseControl } from './control.ts';
import { FieldError } from './fields.ts';

const MOST_BYTES = 256 * 1024;

export interface ControlSocket {
  close(): void;
}

/** @param handle gives the answer's JSON. Its Error is told to the step as a bad request. */
export function openControlSocket(
  path: string,
  handle: (message: Control) => object | Promise<object>,
): Promise<ControlSocket> {
  const server = createServer((request, response) => void respond(request, response, handle));
  // A block may run for as long as it likes.
  server.requestTimeout = 0;
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(path, () => {
      resolve({
        close: () => {
          server.close();
          server.closeAllConnections();
        },
      });
    });
  });
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  handle: (message: Control) => object | Promise<object>,
): Promise<void> {
  const answer = (status: number, body: object): void => {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  };
  try {
    if (request.url !== '/control') return answer(404, { message: 'there is only /control' });
    if (request.method !== 'POST') return answer(405, { message: 'messages are sent by POST' });
    const body = await read(request);
    if (body === undefined) return answer(413, { message: `a message has at most ${MOST_BYTES} bytes` });
    answer(200, await handle(parseControl(body)));
  } catch (error) {
    const isTheirs = error instanceof FieldError;
    answer(isTheirs ? 400 : 500, { message: error instanceof Error ? error.message : String(error) });
  }
}

async function read(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > MOST_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
