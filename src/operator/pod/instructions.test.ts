import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { takeInstructions } from '../../runner/instructions.ts';
import { INSTRUCTIONS_CHUNK_BYTES } from '../../runner/pod-contract.ts';
import { chunks, instructions } from './instructions.ts';
import { expand } from './testing/kubelet-expansion.ts';
import {
  aFullInstance,
  anAttempt,
  anInstance,
  aStep,
  containerOf,
  POD_CONFIG,
  podOf,
} from './testing/stage-attempt.ts';

/** A character in each width of UTF-8. */
const character = fc.constantFrom('a', 'é', '€', '😀');

function environmentOf(script: string): NodeJS.ProcessEnv {
  const pod = podOf(anInstance({ steps: [aStep({ parameters: { script } })] }));
  const env = containerOf(pod, 'otto')?.env ?? [];
  return Object.fromEntries(env.map(({ name, value = '' }) => [name, expand(value, {})]));
}

describe('instructions cut into variables', () => {
  it('are the same text put together again, each part within the bound and of whole characters', () => {
    fc.assert(
      fc.property(fc.nat(3), character, fc.nat(70_000), (lead, repeated, more) => {
        const text = 'x'.repeat(lead) + repeated.repeat(50_000 + more);
        const parts = chunks(text);
        assert.equal(parts.join(''), text);
        for (const part of parts) {
          assert.ok(Buffer.byteLength(part) <= INSTRUCTIONS_CHUNK_BYTES);
          assert.ok(!part.includes('\ufffd'), 'no character is cut');
        }
      }),
      { numRuns: 30 },
    );
  });

  it('are as few as can be', () => {
    assert.equal(chunks('x'.repeat(INSTRUCTIONS_CHUNK_BYTES)).length, 1);
    assert.equal(chunks('x'.repeat(INSTRUCTIONS_CHUNK_BYTES + 1)).length, 2);
  });

  it('reach the runner as written, through the pod and the kubelet', () => {
    for (const script of [
      'echo $(date) $$ $$(X) "$@"',
      `# ${'€ $é $(OTTO_INSTRUCTIONS_0) '.repeat(10_000)}`,
      'a lone surrogate: \ud800',
    ]) {
      const env = environmentOf(script);
      const taken = takeInstructions(env);
      assert.equal(taken.steps[0]?.parameters['script'], script);
      assert.deepEqual(Object.keys(env), [], 'nothing of them is left for child processes');
    }
  });
});

describe('what the runner is told', () => {
  it('is understood by the runner, with everything that a stage can have', () => {
    const report = { url: 'https://otto.otto:8443', ca: '-----BEGIN CERTIFICATE-----' };
    const told = instructions(anAttempt(aFullInstance({ timeoutSeconds: 60 }), { report }), POD_CONFIG);
    const taken = takeInstructions({ OTTO_INSTRUCTIONS_0: JSON.stringify(told) });
    assert.deepEqual(JSON.parse(JSON.stringify(taken)), JSON.parse(JSON.stringify(told)));
  });

  it('holds no value of a Secret, only where it will lie', () => {
    const told = instructions(anAttempt(aFullInstance()), POD_CONFIG);
    assert.equal(told.credentials, '/otto-credentials');
  });

  it('has the containers in which steps run, the default one first', () => {
    assert.deepEqual(instructions(anAttempt(aFullInstance()), POD_CONFIG).containers, ['main', 'tools']);
    const { image: _, ...noImage } = anInstance();
    assert.deepEqual(instructions(anAttempt(noImage), POD_CONFIG).containers, []);
  });
});

describe('the environment of the steps', () => {
  const environmentFor = (env: Record<string, string>): Record<string, string> => {
    const instance = anInstance({ env });
    instance.scope.params = { who: 'you', count: 3, 'dry-run': true, list: ['a', 'b'], nothing: null };
    return instructions(anAttempt(instance), POD_CONFIG).env;
  };

  it('has the parameters as text', () => {
    const { PARAM_WHO, PARAM_COUNT, PARAM_DRY_RUN, PARAM_LIST, PARAM_NOTHING } = environmentFor({});
    assert.deepEqual(
      { PARAM_WHO, PARAM_COUNT, PARAM_DRY_RUN, PARAM_LIST, PARAM_NOTHING },
      {
        PARAM_WHO: 'you',
        PARAM_COUNT: '3',
        PARAM_DRY_RUN: 'true',
        PARAM_LIST: '["a","b"]',
        PARAM_NOTHING: '',
      },
    );
  });

  it("has Otto's own names as Otto says, whatever the stage's env says of them, also of those without a value", () => {
    const env = environmentFor({
      OTTO_RUN: 'forged',
      OTTO_STAGE: 'forged',
      OTTO_TAG: 'forged',
      OTTO_RUN_RESULT: 'forged',
      OTTO_ANYTHING: 'forged',
      CI: 'false',
    });
    assert.deepEqual(
      Object.entries(env).filter(([, value]) => value === 'forged'),
      [],
    );
    assert.equal(env['OTTO_RUN'], 'demo-1');
    assert.equal(env['OTTO_STAGE'], 'build');
  });

  it('lets git work in the workspace, whose folder belongs to root', () => {
    const env = environmentFor({});
    assert.deepEqual(
      [env['GIT_CONFIG_COUNT'], env['GIT_CONFIG_KEY_0'], env['GIT_CONFIG_VALUE_0']],
      ['1', 'safe.directory', '/workspace'],
    );
  });
});

describe('the name of a step', () => {
  const nameOf = (more: object): string | undefined => {
    const instance = anInstance({ steps: [aStep(more)] });
    return instructions(anAttempt(instance), POD_CONFIG).steps[0]?.name;
  };
  for (const [what, step, name] of [
    ['its label', { label: 'Build the gem' }, 'Build the gem'],
    ['the first line of its script', { parameters: { script: '\n  make all\nmake test' } }, 'make all'],
    ['the first line after the interpreter', { parameters: { script: '#!/bin/sh\nmake' } }, 'make'],
    ['its symbol where the script says nothing', { parameters: { script: ' \n' } }, 'sh'],
    ['its symbol where there is no script', { symbol: 'git', parameters: { url: 'x' } }, 'git'],
    ['a long line, cut', { parameters: { script: 'x'.repeat(100) } }, `${'x'.repeat(57)}...`],
  ] as const) {
    it(`is ${what}`, () => assert.equal(nameOf(step), name));
  }

  it('is never cut within a character', () => {
    assert.ok(nameOf({ parameters: { script: `${'x'.repeat(56)}${'😀'.repeat(10)}` } })?.isWellFormed());
  });
});
