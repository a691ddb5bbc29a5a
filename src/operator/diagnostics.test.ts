import assert from 'node:assert/strict';
import type { Diagnostic } from '../plan/diagnostics.ts';
import { describeDiagnostics } from './diagnostics.ts';

describe('errors of a Pipeline as one message', () => {
  const error = (path: Diagnostic['path'], message: string): Diagnostic => ({
    code: 'X',
    severity: 'error',
    path,
    message,
  });

  it('are all there, a line each, with their paths', () => {
    const text = describeDiagnostics([
      error(['spec', 'stages', 2, 'steps', 0, 'sh'], 'No.'),
      error(['spec'], 'Neither.'),
    ]);
    assert.equal(text, 'spec.stages[2].steps[0].sh: No.\nspec: Neither.');
  });

  it('are cut within the bound of a condition, and how many are left is said', () => {
    const all = Array.from({ length: 1000 }, (_, index) => error(['spec', 'stages', index], 'x'.repeat(100)));
    const text = describeDiagnostics(all);
    assert.ok(text.length < 32_768);
    const lines = text.split('\n');
    assert.equal(lines.at(-1), `and ${1000 - (lines.length - 1)} more, shown once these are corrected`);
  });

  it('are cut also when a single one is longer than all may be', () => {
    const text = describeDiagnostics([error(['spec'], 'x'.repeat(100_000)), error(['spec'], 'y')]);
    assert.ok(text.length < 32_768, `${text.length}`);
    assert.match(text, /^spec: xxx/);
  });

  it('are never cut in the middle of a character, which the API server would store as another one', () => {
    for (const start of ['', 'x']) {
      const text = describeDiagnostics([error(['spec'], start + '😀'.repeat(2000))]);
      assert.ok(text.isWellFormed());
    }
  });
});
