import assert from 'node:assert/strict';
import { type Listening, listenHttp } from './listen.ts';
import { type ObserveOptions, observeHandler } from './observe.ts';

describe('what is told of the operator over HTTP', () => {
  let server: Listening;
  const options = {
    notReady: (): readonly string[] => [],
    metrics: (): ReturnType<ObserveOptions['metrics']> =>
      Promise.resolve({ contentType: 'text/plain; version=0.0.4', text: 'otto_leader 1\n' }),
  };

  async function ask(
    path: string,
    more: Partial<ObserveOptions> = {},
    method = 'GET',
  ): Promise<[number, string]> {
    server = await listenHttp(observeHandler({ ...options, ...more }), 0, '127.0.0.1');
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
    return [answer.status, await answer.text()];
  }

  afterEach(() => server.close(0));

  it('is ok while it lives', async () => assert.deepEqual(await ask('/healthz'), [200, 'ok\n']));

  it('is ready when nothing is missing', async () => assert.deepEqual(await ask('/readyz'), [200, 'ok\n']));

  it('names everything that is missing', async () => {
    const missing = ['runs are not listed yet', 'pods are not listed yet'];
    assert.deepEqual(await ask('/readyz', { notReady: () => missing }), [503, `${missing.join('\n')}\n`]);
  });

  it('has metrics, in the type of their format, with or without a query', async () => {
    assert.deepEqual(await ask('/metrics?name[]=x'), [200, 'otto_leader 1\n']);
  });

  it('answers 500 where metrics cannot be collected', async () => {
    const metrics = (): Promise<never> => Promise.reject(new Error('no'));
    assert.equal((await ask('/metrics', { metrics }))[0], 500);
  });

  it('takes HEAD, as a load balancer asks', async () => {
    assert.deepEqual(await ask('/readyz', {}, 'HEAD'), [200, '']);
  });

  it('has nothing else, and takes nothing', async () => {
    assert.equal((await ask('/'))[0], 404);
    await server.close(0);
    assert.equal((await ask('/healthz', {}, 'POST'))[0], 405);
  });
});
