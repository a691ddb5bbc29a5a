import assert from 'node:assert/strict';
import type { RunStatus } from '../api/run.ts';
import { anInput, aPlan, aRun, aStage } from '../testing/engine/builders.ts';
import { decide } from './decide.ts';

describe('a Run whose expressions take long', () => {
  const changedPaths = Array.from({ length: 1000 }, (_, i) => `file${i}`);
  const slow = 'source.changedPaths.exists(p, source.changedPaths.exists(q, p == q + "x"))';
  const stages = ['a', 'b', 'c', 'd'].map((name) => aStage(name, { needs: [], when: slow }));

  it('lets others have a turn between its stages, and comes to its end', () => {
    const plan = aPlan(stages);
    let status: RunStatus | undefined;
    let passes = 0;
    for (; status?.completionTime === undefined && passes < 20; passes++) {
      const before = status?.stages?.length ?? 0;
      const decision = decide(anInput(plan, { run: aRun({ source: { changedPaths } }, status) }));
      assert.ok((decision.status.stages?.length ?? 0) > before, 'a pass brings it on');
      if (decision.status.completionTime === undefined) assert.equal(decision.requeueAfterMs, 1000);
      status = decision.status;
    }
    assert.ok(passes > 2, `took ${passes} passes`);
    assert.deepEqual(new Set(status?.stages?.map(({ reason }) => reason)), new Set(['ConditionError']));
    assert.equal(status?.result, 'Failed');
  });
});
