import assert from 'node:assert/strict';
import { age, between } from './time.ts';

const NOW = Date.parse('2026-01-01T12:00:00Z');

describe('times for people', () => {
  it('have tenths only where both ends do', () => {
    assert.equal(between('2026-01-01T12:00:00Z', '2026-01-01T12:00:02Z', NOW), '2s');
    assert.equal(between('2026-01-01T12:00:00.100Z', '2026-01-01T12:00:00.400Z', NOW), '0.3s');
    assert.equal(between('2026-01-01T11:57:55Z', undefined, NOW), '2m05s');
  });

  it('are nothing before the start, and never negative where clocks differ', () => {
    assert.equal(between(undefined, undefined, NOW), '');
    assert.equal(between('2026-01-01T12:00:05Z', undefined, NOW), '0s');
    assert.equal(age('2026-01-01T12:00:05Z', NOW), '0s');
    assert.equal(between('nonsense', undefined, NOW), '');
  });

  it('are ages in days once those are two', () => {
    assert.deepEqual(
      ['2026-01-01T11:59:55Z', '2025-12-31T12:00:00Z', '2025-12-20T12:00:00Z'].map((time) => age(time, NOW)),
      ['5s', '24h00m', '12d'],
    );
  });
});
