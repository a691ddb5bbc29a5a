/** A server of one handler on a free port of this machine. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export type FakeHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface TestServer {
  url: string;
  connections: number;
  close(): Promise<void>;
}

export async function listen(handler: FakeHandler): Promise<TestServer> {
  const server = createServer(handler);
  const sockets = new Set<Socket>();
  const made: TestServer = {
    url: '',
    connections: 0,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  server.on('connection', (socket) => {
    made.connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  made.url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  return made;
}
