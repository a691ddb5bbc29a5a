import assert from 'node:assert/strict';
import { simulate } from '../testing/engine/simulation.ts';

/** `node hack/bootstrap.mjs hack/simulate.ts --seeds N` runs as many as one wants. */
const SEEDS = 200;

describe('simulated Runs', () => {
  it('end, in order, with nothing lost and nothing done twice, whatever fails and whenever the operator dies', () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      try {
        simulate(seed);
      } catch (error) {
        throw new Error(`replay it: node hack/bootstrap.mjs hack/simulate.ts --seed ${seed}`, {
          cause: error,
        });
      }
    }
  }).timeout(30_000);

  it('are the same for the same seed', () => {
    for (const seed of [3, 77, 1234]) assert.deepEqual(simulate(seed), simulate(seed));
  });
});
