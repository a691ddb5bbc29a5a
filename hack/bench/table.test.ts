import assert from 'node:assert/strict';
import { count, figure, median, table } from './table.ts';

describe('figures of a benchmark', () => {
  it('have the middle of an odd and the mean of the two middle ones of an even number as median', () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 2.5);
  });

  it('are rounded to what can be told apart', () => {
    assert.deepEqual(
      [figure(849.6), figure(12.34), figure(1.234), figure(Number.NaN)],
      ['850', '12.3', '1.23', '-'],
    );
  });

  it('stand under each other, the first column to the left', () => {
    assert.equal(table(['of', 'ms'], [['start', '7']]), 'of     ms\n-----  --\nstart   7');
  });

  it('are taken from the command line only within their bounds', () => {
    assert.equal(count('runs', '20', 1, 100), 20);
    for (const wrong of ['0', '101', '1.5', 'many', '']) {
      assert.throws(() => count('runs', wrong, 1, 100), /--runs/);
    }
  });
});
