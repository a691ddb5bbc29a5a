import assert from 'node:assert/strict';
import { loadLibrary } from '../stdlib.ts';
import { simulate } from '../testing/simulate.ts';

const SEEDS = Number(process.env['OTTO_SEEDS'] ?? 40);
const FIRST = Number(process.env['OTTO_FIRST_SEED'] ?? 1);

describe('the operator on a model of the API server, killed and deceived', () => {
  const library = loadLibrary(new URL('../../stdlib', import.meta.url).pathname);

  it(`brings every Run to a true end, seeds ${FIRST} to ${FIRST + SEEDS - 1}`, async () => {
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      const { problems } = await simulate({ seed, library });
      assert.deepEqual(problems, [], `seed ${seed}`);
    }
  }).timeout(120_000);
});
