import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { Masker, maskPatterns, maskText } from './mask.ts';

const SECRET = 'S3cr3t/with+signs&more';

describe('the mask', () => {
  for (const [form, text] of [
    ['as it is', SECRET],
    ['URL-encoded', encodeURIComponent(SECRET)],
    ['in base64', Buffer.from(SECRET).toString('base64')],
    ['in base64 of user:secret', Buffer.from(`user:${SECRET}`).toString('base64')],
    ['in base64 of a:secret', Buffer.from(`a:${SECRET}`).toString('base64')],
  ] as const) {
    it(`hides a value ${form}`, () => {
      const shown = maskText(`before ${text} after`, maskPatterns([SECRET]));
      assert.match(shown, /^before .*\*\*\*.* after$/);
      assert.ok(!shown.includes(text.slice(6, -6)));
    });
  }

  it('hides each line of a value of many lines, and not the frame of a key', () => {
    const key = '-----BEGIN KEY-----\nabcdefghijkl\nmnopqrstuvwx\n-----END KEY-----';
    const shown = maskText('x mnopqrstuvwx y -----BEGIN KEY-----', maskPatterns([key]));
    assert.equal(shown, 'x *** y -----BEGIN KEY-----');
  });

  it('shows the same however the bytes are cut', () => {
    const secret = fc.string({ minLength: 4, maxLength: 12 }).filter((s) => s.trim().length >= 4);
    const text = fc.array(fc.oneof(fc.string(), fc.constant('\u0000')), { maxLength: 12 });
    fc.assert(
      fc.property(secret, text, fc.array(fc.nat(40), { maxLength: 10 }), (value, parts, cuts) => {
        const whole = Buffer.from(parts.map((p) => (p === '\u0000' ? value : p)).join(''), 'utf8');
        const patterns = maskPatterns([value]);
        const masker = new Masker(patterns);
        let shown = '';
        let from = 0;
        const pieces: Buffer[] = [];
        for (const cut of cuts) {
          pieces.push(masker.push(whole.subarray(from, from + cut)));
          from = Math.min(whole.length, from + cut);
        }
        pieces.push(masker.push(whole.subarray(from)), masker.flush());
        shown = Buffer.concat(pieces).toString('utf8');
        assert.equal(shown, maskText(whole.toString('utf8'), patterns));
      }),
    );
  });
});
