import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { type JsonPatch, statusDifference } from './patch-status.ts';

/** RFC 6902 as far as the differences use it. */
function apply(document: { status?: unknown }, patch: JsonPatch): { status?: unknown } {
  const root = structuredClone(document);
  for (const { op, path, value } of patch) {
    const names = path
      .slice(1)
      .split('/')
      .map((n) => n.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = names.pop() ?? '';
    let at: unknown = root;
    for (const name of names) at = Reflect.get(Object(at), name);
    if (Array.isArray(at) && last === '-') at.push(value);
    else if (op === 'remove') Reflect.deleteProperty(Object(at), last);
    else Reflect.set(Object(at), last, value);
  }
  return root;
}

describe('the difference of two statuses', () => {
  it('is small where one stage of many changed', () => {
    const stages = Array.from({ length: 2000 }, (_, i) => ({ name: `s${i}`, state: 'Waiting' }));
    const after = { stages: stages.with(7, { name: 's7', state: 'Running' }) };
    assert.deepEqual(statusDifference({ stages }, after), [
      { op: 'replace', path: '/status/stages/7', value: { name: 's7', state: 'Running' } },
    ]);
  });

  it('is nothing for equal ones', () => assert.deepEqual(statusDifference({ a: [1] }, { a: [1] }), []));

  it('makes the one into the other, whatever they hold', () => {
    const value = fc.oneof(
      fc.string(),
      fc.array(fc.record({ name: fc.string() }, { noNullPrototype: true }), { maxLength: 5 }),
    );
    const key = fc.constantFrom('a', 'b/c', 'd~e', 'stages');
    const status = fc.option(fc.dictionary(key, value, { noNullPrototype: true }), { nil: undefined });
    fc.assert(
      fc.property(status, status, (before, after) => {
        const start = before === undefined ? {} : { status: before };
        const end = after === undefined ? {} : { status: after };
        assert.deepEqual(apply(start, statusDifference(before, after)), end);
      }),
    );
  });
});
