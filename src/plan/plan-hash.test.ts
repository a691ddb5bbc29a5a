import assert from 'node:assert/strict';
import type { Plan } from './plan.ts';
import { planName } from './plan-hash.ts';

const plan: Plan = {
  version: 1,
  pipeline: 'webapp',
  params: [],
  timeoutSeconds: 60,
  stages: [],
  groups: [],
  finally: [],
};

describe('the name of a frozen plan', () => {
  it('is the same for the same content, whatever the order of its fields', () => {
    const { version, ...rest } = plan;
    assert.equal(planName({ ...rest, version }, 'uid'), planName(plan, 'uid'));
  });

  it('differs with the content and with the owner', () => {
    const other = planName({ ...plan, timeoutSeconds: 61 }, 'uid');
    assert.equal(new Set([planName(plan, 'uid'), other, planName(plan, 'another')]).size, 3);
  });

  it('is a DNS-1123 label also for a long name with dots', () => {
    const name = planName({ ...plan, pipeline: `a.${'b'.repeat(200)}` }, 'uid');
    assert.match(name, /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
  });
});
