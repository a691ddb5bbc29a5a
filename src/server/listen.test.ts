import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { until } from '../kube/testing/until.ts';
import { listenHttp } from './listen.ts';

describe('a server', () => {
  it('tells the port that it was given', async () => {
    const server = await listenHttp((_, response) => response.end('ok'), 0, '127.0.0.1');
    assert.equal(await (await fetch(`http://127.0.0.1:${server.port}`)).text(), 'ok');
    await server.close(0);
  });

  it('says so when its port is taken', async () => {
    const server = await listenHttp(() => {}, 0, '127.0.0.1');
    await assert.rejects(
      listenHttp(() => {}, server.port, '127.0.0.1'),
      { code: 'EADDRINUSE' },
    );
    await server.close(0);
  });

  it('finishes an answer that is under way when it is closed', async () => {
    const waiting: ServerResponse[] = [];
    const server = await listenHttp((_, response) => waiting.push(response), 0, '127.0.0.1');
    const asked = fetch(`http://127.0.0.1:${server.port}`);
    await until('the request', () => waiting.length === 1);
    const closed = server.close(60_000);
    waiting[0]?.end('late');
    assert.equal(await (await asked).text(), 'late');
    await closed;
  });

  it('ends by its limit though a client holds on', async () => {
    let requests = 0;
    const server = await listenHttp(() => requests++, 0, '127.0.0.1');
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: o\r\n\r\n');
    await until('the request', () => requests === 1);
    const gone = once(socket, 'close');
    await server.close(20);
    await gone;
    await assert.rejects(fetch(`http://127.0.0.1:${server.port}`));
  });

  it('does not wait for connections that are idle', async () => {
    const server = await listenHttp((_, response) => response.end('ok'), 0, '127.0.0.1');
    await (await fetch(`http://127.0.0.1:${server.port}`)).text();
    await server.close(60_000);
  });
});
