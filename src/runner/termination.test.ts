import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { StepStatus } from '../api/run.ts';
import type { StageReport } from './protocol.ts';
import { decodeTermination } from './report-parser.ts';
import { encodeTermination, TERMINATION_BYTES } from './termination.ts';

const report: StageReport = {
  version: 1,
  run: 'r',
  stage: 'build',
  attempt: 1,
  sequence: 3,
  startTime: '2026-01-02T03:04:05.678Z',
  revision: 'abc',
  steps: [{ name: 'sh', result: 'Failed', exitCode: 3, message: 'no such file' }],
  result: 'Failed',
  reason: 'StepFailed',
  message: 'step sh ended with exit code 3',
  outputs: { version: '1.2' },
  finishTime: '2026-01-02T03:05:00Z',
};

describe('the termination message', () => {
  it('gives a short report back as it was', () => {
    assert.deepEqual(decodeTermination(encodeTermination(report)), report);
  });

  it('fits and can be read, however long the report', () => {
    const text = fc.string({ unit: 'binary', maxLength: 6000 });
    const step: fc.Arbitrary<StepStatus> = fc.record({ name: text, message: text });
    fc.assert(
      fc.property(
        text,
        text,
        fc.array(step, { maxLength: 30 }),
        fc.dictionary(fc.string({ maxLength: 20 }), text, { maxKeys: 10, noNullPrototype: true }),
        (reason, message, steps, outputs) => {
          const encoded = encodeTermination({ ...report, reason, message, steps, outputs });
          assert.ok(Buffer.byteLength(encoded) <= TERMINATION_BYTES);
          const read = decodeTermination(encoded);
          assert.equal(read?.result, 'Failed');
        },
      ),
      { numRuns: 200 },
    );
  });

  for (const [what, step] of [
    ['an exit code beyond 32 bits', { exitCode: 2 ** 31 }],
    ['a moment that no calendar has', { startTime: '2026-02-01T25:00:00Z' }],
    ['a day that no calendar has', { startTime: '2026-02-30T12:00:00Z' }],
  ] as const) {
    // The API server would refuse the status of the Run with it, each time.
    it(`is none with ${what}`, () => {
      const text = JSON.stringify({ ...report, steps: [{ name: 'sh', ...step }] });
      assert.equal(decodeTermination(text), undefined);
    });
  }

  for (const text of ['', 'Killed', '{"version":1', '{"version":2}', '[]']) {
    it(`is none in '${text}'`, () => assert.equal(decodeTermination(text), undefined));
  }
});
