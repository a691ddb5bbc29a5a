import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { PipelineSpec } from '../api/pipeline.ts';
import { loadLibrary } from '../stdlib.ts';
import { compile } from './compile.ts';
import { formatPath } from './diagnostics.ts';
import type { Plan } from './plan.ts';

const root = join(import.meta.dirname, '..', '..');
const library = loadLibrary(join(root, 'stdlib'));

function planOf(spec: PipelineSpec): Plan {
  const compiled = compile(spec, { name: 'p', library });
  if ('errors' in compiled) assert.fail(compiled.errors.map((e) => e.message).join('\n'));
  return compiled.plan;
}

function errorsOf(spec: PipelineSpec): string[] {
  const compiled = compile(spec, { name: 'p', library });
  assert.ok('errors' in compiled, 'compiles');
  return compiled.errors.map((error) => `${formatPath(error.path)}: ${error.message}`);
}

const echo = [{ sh: 'echo' }];
const leaf = (name: string, more: object = {}): PipelineSpec['stages'][number] => ({
  name,
  image: 'busybox:1.36',
  steps: echo,
  ...more,
});

describe('the examples', () => {
  for (const name of readdirSync(join(root, 'examples'))) {
    it(`${name} compiles`, () => {
      const text = readFileSync(join(root, 'examples', name, 'pipeline.yaml'), 'utf8');
      const pipelines = parseAllDocuments(text)
        .map((document): { kind: string; spec: PipelineSpec } => document.toJS())
        .filter((object) => object.kind === 'Pipeline');
      assert.equal(pipelines.length, 1);
      for (const { spec } of pipelines) assert.ok(planOf(spec).stages.length > 0);
    });
  }
});

describe('the order of stages', () => {
  const needs = (spec: PipelineSpec): Record<string, string[]> =>
    Object.fromEntries(planOf(spec).stages.map((stage) => [stage.name, stage.needs]));

  it('is the written one', () => {
    assert.deepEqual(needs({ stages: [leaf('a'), leaf('b'), leaf('c')] }), { a: [], b: ['a'], c: ['b'] });
  });

  it('gives way to needs', () => {
    const spec = { stages: [leaf('a'), leaf('b', { needs: [] }), leaf('c', { needs: ['a', 'b'] })] };
    assert.deepEqual(needs(spec), { a: [], b: [], c: ['a', 'b'] });
  });

  it('lets the members of a parallel group start together, after what is before the group', () => {
    const spec = {
      stages: [leaf('a'), { name: 'g', parallel: [leaf('x'), leaf('y')] }, leaf('z')],
    };
    assert.deepEqual(needs(spec), { a: [], x: ['a'], y: ['a'], z: ['g'] });
  });
});

describe('a pipeline that cannot work', () => {
  for (const [what, spec, expected] of [
    ['a cycle', { stages: [leaf('a', { needs: ['b'] }), leaf('b', { needs: ['a'] })] }, /'a'.*'b'/],
    [
      'an unknown stage',
      { stages: [leaf('build'), leaf('b', { needs: ['biuld'] })] },
      /Did you mean 'build'/,
    ],
    ['an unknown step', { stages: [leaf('a', { steps: [{ shh: 'ls' }] })] }, /steps\[0\].*Did you mean 'sh'/],
    ['a name twice', { stages: [leaf('a'), { name: 'g', parallel: [leaf('a')] }] }, /'a'/],
    [
      'a template in a script',
      { stages: [leaf('a', { steps: [{ sh: 'echo ${{ params.x }}' }] })] },
      /PARAM_X/,
    ],
    ['an unknown parameter', { stages: [leaf('a', { when: 'params.nope == 1' })] }, /nope/],
    ['a script without an image', { stages: [{ name: 'a', steps: echo }] }, /image/],
    ['a needs into finally', { stages: [leaf('a', { needs: ['f'] })], finally: [leaf('f')] }, /'f'/],
  ] as const) {
    it(`is refused for ${what}, with the place and the cure`, () => {
      assert.match(errorsOf(structuredClone(spec) as unknown as PipelineSpec).join('\n'), expected);
    });
  }

  const long = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`V${i}`, 'x'.repeat(32_000)]));
  for (const [where, spec] of Object.entries({
    env: { env: long },
    defaults: { defaults: { podTemplate: { metadata: { annotations: long } } } },
  })) {
    it(`is refused before its plan takes more than memory, by ${where} that all of its stages share`, () => {
      const stages = Array.from({ length: 2000 }, (_, i) => leaf(`s${i}`));
      assert.match(errorsOf({ ...spec, stages }).join('\n'), /spec: The plan takes more than 8192 KiB/);
    });
  }

  it('is told every error, not the first', () => {
    const spec = { stages: [leaf('a', { steps: [{ shh: 'ls' }] }), leaf('b', { when: 'nope' })] };
    assert.ok(errorsOf(spec).length >= 2);
  });
});
