import assert from 'node:assert/strict';
import {
  array,
  assert as check,
  constantFrom,
  dictionary,
  integer,
  property,
  record,
  string,
} from 'fast-check';
import type { StageStatus, StepStatus } from '../api/run.ts';
import { Budget } from './bounds.ts';

const RESULTS = ['Succeeded', 'Failed', 'Skipped', 'Unstable'] as const;
const steps = array(
  record({
    name: string({ maxLength: 400 }),
    message: string({ maxLength: 900 }),
    result: constantFrom(...RESULTS),
  }),
  { maxLength: 150 },
);
const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
const budget = (total: number): Budget => new Budget(new Map<string, StageStatus>(), total);

describe('what is kept of a stage', () => {
  it('fits its share of the Run while it goes on, in order, with what went wrong first to stay', () => {
    check(
      property(steps, integer({ min: 1, max: 2000 }), (given: StepStatus[], total) => {
        const kept = budget(total).stepsSoFar(given);
        assert.ok(bytes(kept) <= 300_000 / total + 2);
        assert.ok(kept.length <= 100);
        const places = kept.map(({ result, name }) => `${result} ${name}`);
        const all = given.map(
          ({ result, name }) =>
            `${result} ${name.length > 128 ? kept.find((k) => name.startsWith(k.name.slice(0, -1)))?.name : name}`,
        );
        let at = -1;
        for (const place of places) {
          at = all.indexOf(place, at + 1);
          assert.ok(at >= 0, 'steps stay in order');
        }
      }),
      { numRuns: 200 },
    );
  });

  it('has no output cut short: each is whole or left out', () => {
    check(
      property(dictionary(string({ maxLength: 60 }), string({ maxLength: 20_000 })), (given) => {
        const { outputs, dropped } = budget(3).outputs(given);
        for (const [name, value] of Object.entries(outputs)) assert.equal(value, given[name]);
        assert.equal(Object.keys(outputs).length + dropped.length, Object.keys(given).length);
        assert.ok(bytes(outputs) <= 32_768 + 2);
      }),
      { numRuns: 200 },
    );
  });

  it('is less the more the Run has told already', () => {
    const of = budget(2000);
    const lengths = Array.from({ length: 400 }, () => of.message('x'.repeat(4000)).length);
    assert.equal(lengths[0], 1024);
    assert.equal(lengths.at(-1), 60);
  });
});
