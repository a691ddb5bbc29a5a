import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { renderObject, resourceName } from './output.ts';

const RUN = { kind: 'Run', metadata: { name: 'r' } };

describe('objects as text', () => {
  it('are YAML that kubectl, which reads YAML 1.1, reads as it was meant', async () => {
    const params = {
      a: 'on',
      b: 'yes',
      c: '1_000',
      d: '0o7',
      e: '010',
      f: '12:30:45',
      g: 'null',
      h: '1.4',
      i: '~',
    };
    const text = await renderObject({ ...RUN, metadata: { name: 'r', annotations: params } }, 'yaml');
    for (const version of ['1.1', '1.2'] as const) {
      assert.deepEqual(parse(text, { version }).metadata.annotations, params, version);
    }
  });

  it('have the names that kubectl gives them', () => {
    assert.equal(resourceName(RUN), 'run.otto.dev/r');
  });
});
