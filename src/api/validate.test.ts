import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { formatPath } from '../plan/diagnostics.ts';
import { validatePipeline, validateRun } from './validate.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');

function pipeline(spec: object): object {
  return { apiVersion: 'otto.dev/v1alpha1', kind: 'Pipeline', metadata: { name: 'webapp' }, spec };
}

function run(spec: object): object {
  return { apiVersion: 'otto.dev/v1alpha1', kind: 'Run', metadata: { generateName: 'webapp-' }, spec };
}

const STEPS = [{ sh: 'make' }];

function withStage(stage: object): object {
  return pipeline({ stages: [{ name: 'build', steps: STEPS, ...stage }] });
}

function errorsOf(value: unknown): string[] {
  const answer = validatePipeline(value);
  return 'errors' in answer
    ? answer.errors.map(({ path, message }) => `${formatPath(path)}: ${message}`)
    : [];
}

function errorsOfRun(value: unknown): string[] {
  const answer = validateRun(value);
  return 'errors' in answer
    ? answer.errors.map(({ path, message }) => `${formatPath(path)}: ${message}`)
    : [];
}

describe('validating a Pipeline', () => {
  for (const name of readdirSync(EXAMPLES)) {
    it(`takes the example ${name}`, () => {
      const file = readFileSync(join(EXAMPLES, name, 'pipeline.yaml'), 'utf8');
      const objects = parseAllDocuments(file).map((document): unknown => document.toJS());
      const pipelines = objects.filter(
        (object) =>
          typeof object === 'object' && object !== null && Reflect.get(object, 'kind') === 'Pipeline',
      );
      assert.equal(pipelines.length, 1);
      assert.deepEqual(errorsOf(pipelines[0]), []);
    });
  }

  const table: [what: string, value: unknown, error: string][] = [
    ['text in place of an object', 'hello', ": 'hello' is not a map."],
    [
      'another API version',
      {
        ...pipeline({ stages: [] }),
        apiVersion: 'otto.dev/v1',
        spec: { stages: [{ name: 'a', steps: STEPS }] },
      },
      "apiVersion: 'otto.dev/v1' is not 'otto.dev/v1alpha1'.",
    ],
    ['no stages', pipeline({}), "spec: 'stages' is missing: it is required here."],
    [
      'an empty list of stages',
      pipeline({ stages: [] }),
      'spec.stages: The list is empty: it needs an entry, or leave the field out.',
    ],
    [
      'a mistyped field',
      pipeline({ stages: [{ name: 'a', steps: STEPS }], timout: '1h' }),
      "spec.timout: There is no field 'timout' here. Did you mean 'timeout'?",
    ],
    [
      'an environment variable that is a number',
      withStage({ env: { CGO_ENABLED: 0 } }),
      'spec.stages[0].env.CGO_ENABLED: 0 is not text: write it in quotes, "0".',
    ],
    [
      'an environment variable without a name that a shell takes',
      withStage({ env: { 'MY-VAR': 'x' } }),
      'spec.stages[0].env: \'MY-VAR\' is not the name of an environment variable (a letter or "_", then letters, digits and "_").',
    ],
    [
      'a duration without a unit',
      withStage({ timeout: '30' }),
      "spec.stages[0].timeout: '30' is not a duration, numbers each with d, h, m, s or ms, such as 1h30m or 45s.",
    ],
    [
      'a duration that is a number',
      withStage({ timeout: 30 }),
      'spec.stages[0].timeout: 30 is not text: write it in quotes, "30".',
    ],
    [
      'a name in capitals',
      pipeline({ stages: [{ name: 'Build', steps: STEPS }] }),
      'spec.stages[0].name: \'Build\' is not lower-case letters, digits and "-", beginning and ending with a letter or digit.',
    ],
    [
      'two stages of one name',
      pipeline({
        stages: [
          { name: 'a', steps: STEPS },
          { name: 'a', steps: STEPS },
        ],
      }),
      "spec.stages[1].name: 'a' is there twice: each name can be used once.",
    ],
    [
      'one need twice',
      withStage({ needs: ['a', 'a'] }),
      "spec.stages[0].needs[1]: 'a' is there twice: remove one.",
    ],
    [
      'steps and a group in one stage',
      withStage({ parallel: [{ name: 'x', steps: STEPS }] }),
      'spec.stages[0]: A stage has exactly one of steps, stages and parallel: add steps if it has none, else move the others to stages of their own.',
    ],
    [
      'an image on a group',
      pipeline({ stages: [{ name: 'g', image: 'a', parallel: [{ name: 'x', steps: STEPS }] }] }),
      'spec.stages[0]: A group takes only name, description, needs, when, env, allowFailure and its stages or parallel: move the rest to the stages in it, or to spec.defaults.',
    ],
    [
      'groups three deep',
      pipeline({
        stages: [{ name: 'a', stages: [{ name: 'b', stages: [{ name: 'c', steps: STEPS, stages: [] }] }] }],
      }),
      "spec.stages[0].stages[0].stages[0].stages: 'stages' cannot be here: groups nest two deep, and there are none in finally.",
    ],
    [
      'a group in finally',
      pipeline({
        stages: [{ name: 'a', steps: STEPS }],
        finally: [{ name: 'b', steps: STEPS, parallel: [] }],
      }),
      "spec.finally[0].parallel: 'parallel' cannot be here: groups nest two deep, and there are none in finally.",
    ],
    [
      'a result that cannot be retried',
      withStage({ retries: { results: ['Fail'] } }),
      "spec.stages[0].retries.results[0]: 'Fail' is none of Failed and TimedOut. Did you mean 'Failed'?",
    ],
    [
      'too many retries',
      withStage({ retries: { limit: 11 } }),
      'spec.stages[0].retries.limit: 11 is more than 10, the most allowed.',
    ],
    [
      'a broken number of retries',
      withStage({ retries: { limit: 1.5 } }),
      'spec.stages[0].retries.limit: 1.5 is not a whole number.',
    ],
    [
      'yes in place of true',
      withStage({ allowFailure: 'yes' }),
      "spec.stages[0].allowFailure: 'yes' is not true or false.",
    ],
    [
      'a container called main',
      withStage({ containers: [{ name: 'main', image: 'a' }] }),
      "spec.stages[0].containers[0]: Main is the container of the stage's own image and otto is the runner's: take another name.",
    ],
    [
      'a service that is ready in two ways',
      withStage({ services: [{ name: 'db', image: 'a', ready: { tcp: 1, exec: ['x'] } }] }),
      'spec.stages[0].services[0]: Ready has exactly one of tcp, http and exec: keep the one that tells best.',
    ],
    [
      'a quantity without sense',
      withStage({ resources: { limits: { memory: '1 GB' } } }),
      "spec.stages[0].resources.limits.memory: '1 GB' is not a quantity, such as 500m or 128Mi.",
    ],
    [
      'choices without their type',
      pipeline({ stages: [{ name: 'a', steps: STEPS }], params: [{ name: 'p', choices: ['x'] }] }),
      'spec.params[0]: Choices and type choice go together: add the one that is missing, or take the other away.',
    ],
    [
      'a type of parameter that does not exist',
      pipeline({ stages: [{ name: 'a', steps: STEPS }], params: [{ name: 'p', type: 'int' }] }),
      "spec.params[0].type: 'int' is none of string, number, boolean, array and choice.",
    ],
    [
      'an empty field',
      pipeline({ stages: [{ name: 'a', steps: STEPS }], env: null }),
      'spec.env: An empty value is not a map.',
    ],
    [
      'a name that is too long for a label',
      { ...withStage({}), metadata: { name: 'x'.repeat(64) } },
      ': The name of a Pipeline is the value of a label on its pods: take one of at most 63 characters.',
    ],
  ];
  for (const [what, value, error] of table) {
    it(`refuses ${what}`, () => assert.deepEqual(errorsOf(value), [error]));
  }

  it('gives the value back with its type', () => {
    const value = withStage({});
    const answer = validatePipeline(value);
    assert.ok('pipeline' in answer);
    assert.equal(answer.pipeline, value);
  });

  it('tells all errors, and nothing more of a value of the wrong type', () => {
    const wrong = pipeline({ stages: [{ name: 1, steps: STEPS }, { steps: 'make' }], source: {} });
    assert.deepEqual(errorsOf(wrong).toSorted(), [
      "spec.source: 'git' is missing: it is required here.",
      'spec.stages[0].name: 1 is not text: write it in quotes, "1".',
      "spec.stages[1].steps: 'make' is not a list.",
      "spec.stages[1]: 'name' is missing: it is required here.",
    ]);
  });

  it('counts characters as the API server does', () => {
    assert.deepEqual(
      errorsOf(pipeline({ description: '🚀'.repeat(4096), stages: [{ name: 'a', steps: STEPS }] })),
      [],
    );
  });

  it('takes any step, with any parameters', () => {
    assert.deepEqual(errorsOf(withStage({ steps: [{ anything: { a: [1, null] }, timeout: '1m' }] })), []);
  });
});

describe('validating a Run', () => {
  it('takes a reference, parameters of any type and a state', () => {
    const params = { version: '1.4', dryRun: false, count: 3, list: ['a'] };
    assert.deepEqual(errorsOfRun(run({ pipelineRef: { name: 'webapp' }, params, state: 'Paused' })), []);
  });

  const table: [what: string, value: unknown, error: string][] = [
    [
      'neither a reference nor a spec',
      run({}),
      'spec: A Run has exactly one of pipelineRef and pipelineSpec: name a Pipeline, or give its spec here.',
    ],
    [
      'both of them',
      run({ pipelineRef: { name: 'a' }, pipelineSpec: { stages: [{ name: 'a', steps: STEPS }] } }),
      'spec: A Run has exactly one of pipelineRef and pipelineSpec: name a Pipeline, or give its spec here.',
    ],
    [
      'an unknown state',
      run({ pipelineRef: { name: 'a' }, state: 'Canceled' }),
      "spec.state: 'Canceled' is none of Running, Paused and Cancelled. Did you mean 'Cancelled'?",
    ],
    [
      'parameters as a list',
      run({ pipelineRef: { name: 'a' }, params: [{ name: 'x', value: 1 }] }),
      'spec.params: A list is not a map.',
    ],
    [
      'an inline stage that is wrong',
      run({ pipelineSpec: { stages: [{ name: 'a' }] } }),
      'spec.pipelineSpec.stages[0]: A stage has exactly one of steps, stages and parallel: add steps if it has none, else move the others to stages of their own.',
    ],
    [
      'a reference without a name',
      run({ pipelineRef: {} }),
      "spec.pipelineRef: 'name' is missing: it is required here.",
    ],
    ['a Pipeline', withStage({}), "kind: 'Pipeline' is not 'Run'."],
  ];
  for (const [what, value, error] of table) {
    it(`refuses ${what}`, () => assert.ok(errorsOfRun(value).includes(error), errorsOfRun(value).join('\n')));
  }
});
