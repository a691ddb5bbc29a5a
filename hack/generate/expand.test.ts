import assert from 'node:assert/strict';
import { expand } from './expand.ts';

describe('the expansion of a schema', () => {
  it('puts definitions in place of references and drops keys of our own', () => {
    const expanded = expand(
      { type: 'object', properties: { wait: { $ref: '#/$defs/Duration' } } },
      { Duration: { type: 'string', description: 'How long.', 'x-otto-default': '1h' } },
    );
    assert.deepEqual(expanded, {
      type: 'object',
      properties: { wait: { description: 'How long. Default: 1h.', type: 'string' } },
    });
  });

  for (const name of ['on', 'No', 'y']) {
    it(`refuses a field called ${name}, which kubectl reads as a boolean`, () => {
      const schema = { type: 'object', properties: { [name]: { type: 'string' } } } as const;
      assert.throws(() => expand(schema, {}), /no field can be called/);
    });
  }
});
