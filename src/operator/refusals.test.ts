import assert from 'node:assert/strict';
import { ApiError } from '../kube/errors.ts';
import { isRefusal, Refusals } from './refusals.ts';

describe('an error of a creation', () => {
  for (const [code, reason, message, refusal] of [
    [403, 'Forbidden', 'exceeded quota: compute', true],
    [403, 'Forbidden', 'violates PodSecurity "restricted:latest"', true],
    [404, 'NotFound', 'namespaces "x" not found', true],
    [409, 'Conflict', 'resourcequotas "x" was changed', true],
    [413, 'RequestEntityTooLarge', 'too large', true],
    [422, 'Invalid', 'spec.containers[0].image: Required value', true],
    [500, 'InternalError', 'failed calling webhook "x.example"', true],
    [500, 'InternalError', 'etcdserver: leader changed', false],
    [401, 'Unauthorized', 'Unauthorized', false],
    [408, 'Timeout', 'timeout', false],
    [429, 'TooManyRequests', 'slow down', false],
    [503, 'ServiceUnavailable', 'starting', false],
    [0, 'Unreachable', 'connection refused', false],
  ] as const) {
    it(`is ${refusal ? 'a refusal, to be shown' : 'an outage, to be tried again'}: ${code} ${message}`, () => {
      assert.equal(isRefusal(new ApiError(code, reason, message)), refusal);
    });
  }

  it('of our own is no refusal', () => assert.equal(isRefusal(new TypeError('x')), false));
});

describe('pods that were refused', () => {
  const ERROR = { code: 403, reason: 'Forbidden', message: 'exceeded quota' };
  let now: number;
  let refusals: Refusals;

  beforeEach(() => {
    now = 1_000_000;
    refusals = new Refusals(() => now);
  });

  it('are tried again after 1, 2, 4 … seconds, and every half minute in the end', () => {
    const waits = Array.from({ length: 8 }, () => {
      refusals.remember('run', 'build', 1, ERROR);
      return refusals.waitMs('run', 'build', 1) / 1000;
    });
    assert.deepEqual(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
  });

  it('wait less as time goes by, and never a negative time', () => {
    refusals.remember('run', 'build', 1, ERROR);
    now += 400;
    assert.equal(refusals.waitMs('run', 'build', 1), 600);
    now += 10_000;
    assert.equal(refusals.waitMs('run', 'build', 1), 0);
    assert.equal(refusals.nextMs('run'), 0);
  });

  it('say since when, and why last', () => {
    refusals.remember('run', 'build', 1, ERROR);
    now += 5000;
    refusals.remember('run', 'build', 1, { ...ERROR, message: 'x'.repeat(2000) });
    const refusal = refusals.of('run').get('build');
    assert.equal(refusal?.since, 1_000_000);
    assert.equal(refusal?.message.length, 1000);
  });

  it('begin anew with another attempt', () => {
    refusals.remember('run', 'build', 1, ERROR);
    refusals.remember('run', 'build', 1, ERROR);
    assert.equal(refusals.waitMs('run', 'build', 2), 0);
    now += 5000;
    refusals.remember('run', 'build', 2, ERROR);
    assert.equal(refusals.waitMs('run', 'build', 2), 1000);
    assert.equal(refusals.of('run').get('build')?.since, now);
  });

  it('of a Run are looked at again when the first of them is due', () => {
    assert.equal(refusals.nextMs('run'), undefined);
    refusals.remember('run', 'a', 1, ERROR);
    refusals.remember('run', 'a', 1, ERROR);
    refusals.remember('run', 'b', 1, ERROR);
    assert.equal(refusals.nextMs('run'), 1000);
  });

  it('are forgotten by stage or by Run, and are nothing to another Run', () => {
    for (const stage of ['a', 'b']) refusals.remember('run', stage, 1, ERROR);
    refusals.remember('other', 'a', 1, ERROR);
    refusals.forget('run', 'a');
    assert.deepEqual([...refusals.of('run').keys()], ['b']);
    refusals.forget('run');
    refusals.forget('never seen');
    assert.equal(refusals.of('run').size, 0);
    assert.equal(refusals.nextMs('run'), undefined);
    assert.equal(refusals.of('other').size, 1);
  });
});
