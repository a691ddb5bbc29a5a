import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { environment, kubeResources, literal } from './container-fields.ts';
import { expand } from './testing/kubelet-expansion.ts';

/** Texts made of what the kubelet looks at, and anything else. */
const text = fc
  .array(fc.oneof(fc.constantFrom('$', '$$', '$(', '(', ')', 'A', 'B', '$(A)', '$é', '€'), fc.string()))
  .map((parts) => parts.join(''));
const VARIABLES = { A: 'not as written', B: '$(A)', '': 'empty' };

describe('a literal text in a pod', () => {
  for (const [what, written] of [
    ['a reference to a variable', '$(A)'],
    ['a reference to an unknown variable', '$(NOPE)'],
    ['an escaped reference', '$$(A)'],
    ['two signs, as a shell writes its own process id', 'echo $$'],
    ['three signs before a reference', '$$$(A)'],
    ['a reference without an end', '$(A'],
    ['a command substitution of a shell', 'x=$(date)'],
    ['an arithmetic expansion of a shell', '$((1 + 2))'],
    ['a sign at the end', 'cost: 5$'],
    ['a sign before a character of several bytes', '5$€ $é'],
    ['a variable of a shell', '$HOME ${HOME} "$@" $? $1'],
  ] as const) {
    it(`comes out of the kubelet as written: ${what}`, () => {
      for (const reads of ['bytes', 'characters'] as const) {
        assert.equal(expand(literal(written), VARIABLES, reads), written);
      }
    });
  }

  it('comes out of the kubelet as written, whatever it is', () => {
    fc.assert(
      fc.property(text, fc.constantFrom('bytes' as const, 'characters' as const), (written, reads) => {
        const wellFormed = Buffer.from(written, 'utf8').toString('utf8');
        assert.equal(expand(literal(wellFormed), VARIABLES, reads), wellFormed);
      }),
      { numRuns: 2000 },
    );
  });

  it('is left as it is where the kubelet would not change it', () => {
    assert.equal(literal('$HOME ${HOME} 5$'), '$HOME ${HOME} 5$');
  });

  it('would not come out as written without it', () => {
    assert.equal(expand('$(A) $$', VARIABLES), 'not as written $');
  });
});

describe('the environment of a container', () => {
  it('keeps values and order, and refers to nothing', () => {
    const values = { B: '$(A)', A: '$$' };
    const env = environment(values);
    assert.deepEqual(
      env.map(({ name, value = '' }) => [name, expand(value, VARIABLES)]),
      Object.entries(values),
    );
  });
});

describe('the resources of a container', () => {
  it('are its own as a whole, the fallback only where it has none', () => {
    const fallback = { limits: { memory: '1Gi' } };
    assert.deepEqual(kubeResources({ requests: { cpu: 2 } }, fallback), { requests: { cpu: '2' } });
    assert.deepEqual(kubeResources(undefined, fallback), { limits: { memory: '1Gi' } });
    assert.deepEqual(kubeResources(undefined, {}), {});
  });
});
