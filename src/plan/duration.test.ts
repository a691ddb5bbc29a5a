import assert from 'node:assert/strict';
import { parseDuration } from './duration.ts';

describe('a duration', () => {
  for (const [text, seconds] of [
    ['1h30m', 5400],
    ['90s', 90],
    ['500ms', 0.5],
    ['2d', 172_800],
  ] as const) {
    it(`'${text}' is ${seconds} s`, () => assert.equal(parseDuration(text), seconds));
  }
  for (const text of ['', '5', 'm5', '1h 30m', '-1s', '1y']) {
    it(`'${text}' is none`, () => assert.equal(parseDuration(text), undefined));
  }
});
