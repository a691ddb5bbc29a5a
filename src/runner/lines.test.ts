import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { LINE_GOES_ON, LineSplitter, LONGEST_LINE_BYTES } from './lines.ts';

function split(chunks: readonly Buffer[], encoding?: string): string[] {
  const splitter = new LineSplitter(encoding);
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.flush()];
}

describe('the splitter of lines', () => {
  it('gives the same lines however the bytes are cut', () => {
    const line = fc.oneof(fc.string({ unit: 'binary', maxLength: 30 }), fc.constant('x'.repeat(400)));
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 40 }),
        fc.array(fc.nat(1500), { maxLength: 20 }),
        (lines, cuts) => {
          const whole = Buffer.from(lines.join('\n'));
          const chunks: Buffer[] = [];
          let from = 0;
          for (const cut of cuts) {
            chunks.push(whole.subarray(from, from + cut));
            from = Math.min(whole.length, from + cut);
          }
          chunks.push(whole.subarray(from));
          const expected = whole.toString('utf8').split('\n');
          if (expected.at(-1) === '') expected.pop();
          assert.deepEqual(
            split(chunks),
            expected.map((text) => text.replace(/\r$/, '')),
          );
        },
      ),
    );
  });

  it('bounds a line without an end, and cuts no character', () => {
    const text = 'ä'.repeat(LONGEST_LINE_BYTES);
    const lines = split([Buffer.from(`short\n${text}\nend\n`)]);
    assert.equal(lines[0], 'short');
    assert.equal(lines.at(-1), 'end');
    const parts = lines.slice(1, -1);
    assert.equal(parts.map((part) => part.replace(LINE_GOES_ON, '')).join(''), text);
    for (const part of parts) assert.ok(Buffer.byteLength(part) <= LONGEST_LINE_BYTES + LINE_GOES_ON.length);
  });

  it('takes other encodings, and refuses those that there are not', () => {
    assert.deepEqual(split([Buffer.from('gr\xfcn\nx', 'latin1')], 'latin1'), ['grün', 'x']);
    assert.throws(() => new LineSplitter('klingon'), RangeError);
  });

  it('keeps no hold of memory that the reader uses again', () => {
    const splitter = new LineSplitter();
    const chunk = Buffer.from('begin');
    splitter.push(chunk);
    chunk.fill('x');
    assert.deepEqual(splitter.push(Buffer.from(' end\n')), ['begin end']);
  });
});
