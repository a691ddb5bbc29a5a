import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { decode, LineSplitter } from './line-splitter.ts';

describe('a line splitter', () => {
  it('gives the same lines however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.nat(40)), (text, sizes) => {
        const bytes = Buffer.from(text.replaceAll('o', '\n'));
        const splitter = new LineSplitter({ bytes: 1 << 20, over: 'throw' });
        const lines: string[] = [];
        let from = 0;
        for (const size of [...sizes, bytes.length]) {
          lines.push(...splitter.push(bytes.subarray(from, from + size)).map(decode));
          from = Math.min(bytes.length, from + size);
        }
        lines.push(decode(splitter.rest()));
        assert.deepEqual(lines, bytes.toString('utf8').split('\n'));
      }),
    );
  });

  it('throws on a line over the limit, or cuts it and goes on after it', () => {
    const long = Buffer.from('1234567890');
    const strict = new LineSplitter({ bytes: 8, over: 'throw' });
    strict.push(long.subarray(0, 5));
    assert.throws(() => strict.push(long.subarray(5)), RangeError);
    const lenient = new LineSplitter({ bytes: 8, over: 'cut' });
    assert.deepEqual(lenient.push(long), []);
    assert.deepEqual(lenient.push(Buffer.from('more\nnext\n1234567890\n')).map(decode), [
      '12345678',
      'next',
      '12345678',
    ]);
  });
});
