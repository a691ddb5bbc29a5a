import assert from 'node:assert/strict';
import { renderTemplate } from '../plan/expression.ts';
import type { Scope } from '../plan/plan.ts';
import { parseOutputs } from './output-file.ts';

const scope: Scope = {
  params: {},
  source: { url: '', branch: '', tag: '', revision: '', author: '', message: '', changedPaths: [] },
  run: { name: 'r', namespace: 'n', uid: 'u', result: '' },
  pipeline: { name: 'p' },
  stages: {},
};

describe('what a script writes into $OTTO_OUTPUT', () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    it(`makes no other output unreadable by the name ${name}`, () => {
      const { values: outputs } = parseOutputs(`${name}=evil\nx=1\n`);
      const steps = { a: { result: 'Succeeded', outputs } };
      assert.equal(renderTemplate('${{ steps.a.outputs.x }}', { ...scope, steps }), '1');
    });
  }

  it('is a text, whatever it holds of an expression', () => {
    const { values: outputs } = parseOutputs('x=${{ run.name }}\n');
    const steps = { a: { result: 'Succeeded', outputs } };
    assert.equal(renderTemplate('${{ steps.a.outputs.x }}', { ...scope, steps }), '${{ run.name }}');
  });
});
