import assert from 'node:assert/strict';
import { join } from 'node:path';
import * as fc from 'fast-check';
import type { Json, PipelineSpec, Stage } from '../api/pipeline.ts';
import { loadLibrary } from '../stdlib.ts';
import { Random } from '../testing/random.ts';
import { randomPipeline } from '../testing/random-pipeline.ts';
import { bindParams } from './bind-params.ts';
import { compile } from './compile.ts';
import { escapeTemplate, renderTemplate, type Values } from './expression.ts';
import { instantiate } from './instantiate.ts';
import type { Plan, Scope } from './plan.ts';
import { canonicalJson } from './plan-hash.ts';

const library = loadLibrary(join(import.meta.dirname, '..', '..', 'stdlib'));
const options = { name: 'p', library };
const seeds = fc.integer({ min: 1, max: 1_000_000 });

function scopeOf(params: Scope['params'] = {}): Values {
  const source = {
    url: '',
    branch: '',
    tag: '',
    revision: '',
    author: '',
    message: '',
    changedPaths: [],
  };
  const run = { name: 'r', namespace: 'n', uid: 'u', result: '' };
  return { params, source, run, pipeline: { name: 'p' }, stages: {} };
}

function compiled(spec: PipelineSpec): Plan {
  const result = compile(spec, options);
  if ('errors' in result) assert.fail(result.errors.map(({ message }) => message).join('\n'));
  return result.plan;
}

/** Of a stage or of a group, all stages that stand for it. */
function leavesOf(plan: Plan, name: string): string[] {
  const group = plan.groups.find((it) => it.name === name);
  return group === undefined ? [name] : group.members.flatMap((member) => leavesOf(plan, member));
}

describe('a plan, whatever the pipeline', () => {
  it('is the same each time, byte for byte', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const spec = randomPipeline(new Random(seed));
        assert.equal(canonicalJson(compiled(spec)), canonicalJson(compiled(structuredClone(spec))));
      }),
    );
  });

  it('has an order in which no stage comes before what it needs', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const plan = compiled(randomPipeline(new Random(seed)));
        const done = new Set<string>();
        let open = [...plan.stages];
        while (open.length > 0) {
          const ready = open.filter(({ needs }) =>
            needs.flatMap((need) => leavesOf(plan, need)).every((need) => done.has(need)),
          );
          assert.notEqual(ready.length, 0, `these wait for ever: ${open.map(({ name }) => name).join()}`);
          for (const { name } of ready) done.add(name);
          open = open.filter(({ name }) => !done.has(name));
        }
      }),
    );
  });

  it('is refused or made, and never an exception, whatever JSON stands for a spec', () => {
    const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;
    const field = fc.constantFrom(
      'name',
      'needs',
      'when',
      'env',
      'steps',
      'image',
      'retries',
      'outputs',
      'post',
    );
    const stage = fc.dictionary(field, json, { noNullPrototype: true });
    fc.assert(
      fc.property(fc.array(stage, { maxLength: 4 }), (stages) => {
        // The API server lets only what has a stage's shape in; the rest of each field is free here.
        const shaped = stages.map((given, i) => shape(given, i));
        const result = compile({ stages: shaped }, options);
        assert.ok('errors' in result ? result.errors.length > 0 : result.plan.version === 1);
      }),
    );
  });

  it('is refused in time that grows with its size, however deep a value nests', () => {
    let deep: Json = {};
    for (let i = 0; i < 20_000; i++) deep = { a: deep };
    const spec = { stages: [{ name: 'a', steps: [{ echo: 'a' }], podTemplate: { spec: deep } }] };
    const result = compile(spec, options);
    assert.ok('errors' in result);
    assert.match(result.errors[0]?.message ?? '', /nest/);
  });
});

function shape(given: { [field: string]: Json }, index: number): Stage {
  const strings = (value: Json | undefined): string[] =>
    Array.isArray(value) ? value.map((item) => JSON.stringify(item)) : [];
  const map = (value: Json | undefined): Record<string, string> =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, JSON.stringify(item)]))
      : {};
  const steps = Array.isArray(given['steps'])
    ? given['steps'].flatMap((step) =>
        step !== null && typeof step === 'object' && !Array.isArray(step) ? [step] : [],
      )
    : [];
  const text = (value: Json | undefined): string =>
    typeof value === 'string' ? value : JSON.stringify(value ?? '');
  return {
    name: typeof given['name'] === 'string' ? given['name'] : `s${index}`,
    steps: [...steps, { sh: text(given['image']) }],
    ...('needs' in given ? { needs: strings(given['needs']) } : {}),
    ...('when' in given ? { when: text(given['when']) } : {}),
    env: map(given['env']),
    outputs: map(given['outputs']),
    image: text(given['image']),
  };
}

describe('values in a plan', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('${{ params.secret }}', '$${{', '}}', "${{ 'a' }}", '$', '${{', '$$${{ 1 }}'),
    fc
      .array(fc.constantFrom('$', '{{', '}}', ' params.a ', '"', "'"), { maxLength: 12 })
      .map((parts) => parts.join('')),
  );

  it('are rendered as they are, never evaluated, once they are escaped', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        assert.equal(renderTemplate(escapeTemplate(value), scopeOf({ secret: 'x', a: 'y' })), value);
      }),
    );
  });

  it('of parameters reach a step untouched, whatever they look like', () => {
    const spec: PipelineSpec = {
      params: [{ name: 'a' }],
      stages: [{ name: 's', steps: [{ echo: 'begin ${{ params.a }} end' }] }],
    };
    const plan = compiled(spec);
    fc.assert(
      fc.property(
        hostile.filter((value) => !value.includes('\0')),
        (value) => {
          const bound = bindParams(plan, { a: value });
          assert.ok('params' in bound);
          const [stage] = plan.stages;
          assert.ok(stage !== undefined);
          const made = instantiate(plan, stage, scopeOf(bound.params));
          if ('error' in made) assert.fail(made.error);
          const template = made.instance.steps[0]?.parameters['message'];
          // The runner renders it once more.
          assert.ok(typeof template === 'string');
          assert.equal(renderTemplate(template, made.instance.scope), `begin ${value} end`);
        },
      ),
    );
  });

  it('of parameters keep their type', () => {
    const plan = compiled({
      params: [
        { name: 'n', type: 'number' },
        { name: 'b', type: 'boolean' },
        { name: 'l', type: 'array' },
      ],
      stages: [{ name: 's', steps: [{ echo: 'x' }] }],
    });
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(number, fc.boolean(), fc.array(fc.string()), (n, b, l) => {
        assert.deepEqual({ ...Object(Reflect.get(bindParams(plan, { n, b, l }), 'params')) }, { n, b, l });
      }),
    );
  });
});
