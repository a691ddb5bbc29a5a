import assert from 'node:assert/strict';
import { writesBetween, writesOf } from './api-writes.ts';

const line = (labels: string, count: number): string => `apiserver_request_total{${labels}} ${count}\n`;

describe('writes of an API server', () => {
  it('are summed over codes and versions, by verb, resource and subresource', () => {
    const text =
      line('code="200",resource="runs",subresource="status",verb="PATCH"', 3) +
      line('code="409",resource="runs",subresource="status",verb="PATCH"', 1) +
      line('code="201",resource="pods",subresource="",verb="POST"', 2);
    assert.deepEqual(
      [...writesOf(text)],
      [
        ['PATCH runs/status', 4],
        ['POST pods', 2],
      ],
    );
  });

  it('leave out reads, and what comes by the clock', () => {
    const text =
      line('code="200",resource="pods",subresource="",verb="LIST"', 5) +
      line('code="200",resource="leases",subresource="",verb="PUT"', 5) +
      line('code="201",resource="tokenreviews",subresource="",verb="POST"', 5);
    assert.equal(writesOf(text).size, 0);
  });

  it('are told by the difference of two looks, the most frequent first', () => {
    const before = new Map([
      ['POST pods', 10],
      ['POST events', 4],
    ]);
    const after = new Map([
      ['POST pods', 12],
      ['POST events', 4],
      ['PATCH pods/status', 6],
    ]);
    assert.deepEqual(writesBetween(before, after), [
      { what: 'PATCH pods/status', writer: 'node', count: 6 },
      { what: 'POST pods', writer: 'operator', count: 2 },
    ]);
  });
});
