import assert from 'node:assert/strict';
import type { Access, Credentials } from './access.ts';
import { type ApiClient, createClient } from './client.ts';
import { ApiError } from './errors.ts';
import { RUNS } from './resource.ts';
import { answer, status } from './testing/fake-api.ts';
import { type FakeHandler as Handler, listen, type TestServer } from './testing/http-server.ts';
import { until } from './testing/until.ts';

describe('the client', () => {
  const key = { namespace: 'a', name: 'o' };
  const found: Handler = (_, response) => answer(response, 200, { metadata: { name: 'o' } });
  let server: TestServer;
  let handler: Handler;
  let requests: string[];
  let client: ApiClient;

  beforeEach(async () => {
    handler = found;
    requests = [];
    server = await listen((request, response) => {
      requests.push(`${request.method} ${request.headers.authorization ?? '-'}`);
      handler(request, response);
    });
    client = createClient({ access: async () => ({ server: server.url, tls: {} }) });
  });

  afterEach(() => server.close());

  function accessOf(tokens: string[]): Access {
    let credentials: Credentials | undefined;
    return async ({ fresh = false } = {}) => {
      if (credentials === undefined || fresh) {
        credentials = { server: server.url, token: tokens.shift() ?? 'none', tls: {} };
      }
      return credentials;
    };
  }

  const protectedBy =
    (token: string): Handler =>
    (request, response) => {
      if (request.headers.authorization === `Bearer ${token}`) found(request, response);
      else answer(response, 401, status(401, 'Unauthorized'));
    };

  it('reads its token again when it is refused, and repeats the request', async () => {
    handler = protectedBy('new');
    client = createClient({ access: accessOf(['old', 'new']) });
    await client.create(RUNS, 'a', { metadata: { name: 'o' }, spec: {} });
    await client.get(RUNS, key);
    assert.deepEqual(requests, ['POST Bearer old', 'POST Bearer new', 'GET Bearer new']);
  });

  it('repeats a refused request once and no more', async () => {
    handler = protectedBy('never');
    client = createClient({ access: accessOf(['old', 'new', 'newer']) });
    await assert.rejects(client.get(RUNS, key), { name: 'ApiError', code: 401, reason: 'Unauthorized' });
    assert.equal(requests.length, 2);
  });

  it('opens one connection for requests one after another', async () => {
    for (let i = 0; i < 20; i++) await client.get(RUNS, key);
    assert.equal(server.connections, 1);
  });

  it('keeps its connections when only the token changed', async () => {
    let token = 0;
    client = createClient({ access: async () => ({ server: server.url, token: String(token++), tls: {} }) });
    for (let i = 0; i < 5; i++) await client.get(RUNS, key);
    assert.equal(server.connections, 1);
    assert.equal(requests.at(-1), 'GET Bearer 4');
  });

  it('follows a server that moved', async () => {
    const other = await listen(found);
    let url = server.url;
    client = createClient({ access: async () => ({ server: url, tls: {} }) });
    await client.get(RUNS, key);
    url = other.url;
    await client.get(RUNS, key);
    assert.equal(other.connections, 1);
    await other.close();
  });

  it('tries again what was refused before any effect, whatever the verb', async () => {
    for (const [code, reason] of [
      [429, 'TooManyRequests'],
      [503, 'ServiceUnavailable'],
    ] as const) {
      requests = [];
      handler = (request, response) => {
        response.setHeader('retry-after', '0');
        if (requests.length < 3) answer(response, code, status(code, reason));
        else found(request, response);
      };
      await client.create(RUNS, 'a', { metadata: { name: 'o' }, spec: {} });
      assert.equal(requests.length, 3);
    }
  });

  it('repeats a read whose connection broke, and never a write', async () => {
    handler = (request, response) => {
      if (requests.length === 1) response.socket?.resetAndDestroy();
      else found(request, response);
    };
    await client.get(RUNS, key);
    assert.equal(requests.length, 2);
    requests = [];
    await assert.rejects(client.create(RUNS, 'a', { metadata: { name: 'o' }, spec: {} }), {
      code: 0,
      reason: 'Unreachable',
    });
    assert.equal(requests.length, 1);
  });

  it('tries only as often, and waits only as long, as a call says', async () => {
    handler = (_, response) => answer(response, 503, status(503, 'ServiceUnavailable'));
    await assert.rejects(client.get(RUNS, key, { attempts: 1 }), { code: 503 });
    assert.equal(requests.length, 1);
    handler = () => {};
    await assert.rejects(client.get(RUNS, key, { attempts: 1, timeoutMs: 20 }), /no answer within 20 ms/);
    handler = (_, response) => {
      response.writeHead(200);
      response.write('{');
    };
    await assert.rejects(client.get(RUNS, key, { attempts: 1, timeoutMs: 50 }), /not complete within 50 ms/);
  });

  it('ends a request whose signal aborts', async () => {
    handler = () => {};
    const stop = new AbortController();
    const asked = client.get(RUNS, key, { signal: stop.signal });
    await until('the request', () => requests.length === 1);
    stop.abort();
    await assert.rejects(asked, ApiError);
    assert.equal(requests.length, 1);
  });

  it('says that an answer is not JSON', async () => {
    handler = (_, response) => response.end('<html>');
    await assert.rejects(client.get(RUNS, key, { attempts: 1 }), { reason: 'Malformed' });
  });

  it('reads no answer without end, and does not ask for it again', async () => {
    const chunk = Buffer.alloc(1 << 20, 'x');
    handler = (_, response) => {
      const more = (): void => void response.write(chunk, () => response.destroyed || more());
      response.on('error', () => {});
      more();
    };
    await assert.rejects(client.get(RUNS, key), { code: 0, reason: 'TooLarge' });
    assert.equal(requests.length, 1);
  });
});
