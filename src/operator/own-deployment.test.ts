import assert from 'node:assert/strict';
import type { ApiClient } from '../kube/client.ts';
import type { Clock } from '../kube/clock.ts';
import { ApiError } from '../kube/errors.ts';
import { readConfig } from './config.ts';
import { findOwner } from './own-deployment.ts';

describe('the Deployment that the operator belongs to', () => {
  const config = readConfig({ OTTO_RUNNER_IMAGE: 'otto', OTTO_POD_IP: '10.0.0.1' }, [], 'test');
  const noTime: Clock = {
    now: () => 0,
    random: () => 0,
    after: (_, fn) => {
      setImmediate(fn);
      return () => {};
    },
  };
  let errors: unknown[];
  let stop: AbortController;

  beforeEach(() => {
    errors = [];
    stop = new AbortController();
  });

  async function find(...answers: (ApiError | object)[]): Promise<unknown> {
    const get = (): Promise<unknown> => {
      const answer = answers.shift();
      return answer instanceof ApiError ? Promise.reject(answer) : Promise.resolve(answer);
    };
    const client = { get } as unknown as ApiClient;
    const onError = (error: unknown): void => void errors.push(error);
    return await findOwner(client, config, { clock: noTime, signal: stop.signal, onError });
  }

  it('is waited for while the API server is away: to end would cost minutes until the next start', async () => {
    const away = new ApiError(0, 'Unreachable', 'away');
    const found = await find(away, new ApiError(503, 'ServiceUnavailable', 'starting'), {
      metadata: { name: 'otto', uid: 'u' },
    });
    assert.deepEqual(found, { apiVersion: 'apps/v1', kind: 'Deployment', name: 'otto', uid: 'u' });
    assert.equal(errors.length, 2);
  });

  it('is none where there is none, or none that may be read', async () => {
    assert.equal(await find(new ApiError(404, 'NotFound', 'none')), undefined);
    assert.equal(await find(new ApiError(403, 'Forbidden', 'not allowed')), undefined);
  });

  it('is waited for no longer than the operator runs', async () => {
    stop.abort();
    assert.equal(await find(new ApiError(0, 'Unreachable', 'away')), undefined);
  });
});
