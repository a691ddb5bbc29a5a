import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { withoutManagedFields } from './managed-fields.ts';

function parsed(value: object): unknown {
  return JSON.parse(withoutManagedFields(Buffer.from(JSON.stringify(value))).toString());
}

describe('taking managedFields out of bytes', () => {
  it('leaves everything else, whatever is in it', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.string(), fc.jsonValue(), (managedFields, note, after) => {
        const metadata = { annotations: { note: `${note}"managedFields":[1]` }, managedFields, name: 'o' };
        const object = { metadata, spec: { after }, status: { managedFields: [after] } };
        const expected = { ...object, metadata: { ...metadata, managedFields: [] } };
        assert.deepEqual(
          parsed({ type: 'ADDED', object }),
          JSON.parse(JSON.stringify({ type: 'ADDED', object: expected })),
        );
      }),
    );
  });

  it("leaves a user's field of that name", () => {
    for (const value of [
      { metadata: { name: 'o' }, spec: { managedFields: [1, 2] } },
      { metadata: { name: 'o' }, data: { managedFields: [1, 2] } },
    ]) {
      assert.deepEqual(parsed(value), value);
    }
  });

  it('leaves bytes that are cut off', () => {
    const text = '{"metadata":{"managedFields":[{"spec":{"x":"';
    assert.equal(withoutManagedFields(Buffer.from(text)).toString(), text);
  });
});
