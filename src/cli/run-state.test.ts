import assert from 'node:assert/strict';
import type { Run, RunStatus } from '../api/run.ts';
import { isTakenUp } from './run-state.ts';

describe('a Run', () => {
  const withStatus = (status?: RunStatus): Run => ({
    metadata: { name: 'r' },
    spec: { pipelineRef: { name: 'p' } },
    ...(status === undefined ? {} : { status }),
  });

  it('is taken up when the operator has written to it, and not by what the API server filled in', () => {
    assert.equal(isTakenUp(withStatus()), false);
    assert.equal(isTakenUp(withStatus({ observedGeneration: -1 })), false);
    assert.equal(isTakenUp(withStatus({ observedGeneration: 1, startTime: '2026-01-01T00:00:00Z' })), true);
  });
});
