/** The rules of the resources, as a real API server keeps them: what is refused, and with which words. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { validatePipeline, validateRun } from '../src/api/validate.ts';
import { EXAMPLES, object, STAGES, STEPS, Subject } from './subject.ts';

describe('what a real API server refuses', function () {
  this.timeout(60_000);
  const subject = new Subject('rules');
  const succeeds: Subject['succeeds'] = (...call) => subject.succeeds(...call);
  const refused: Subject['refused'] = (...call) => subject.refused(...call);
  before(() => subject.start());
  after(() => subject.stop());

  describe('what can be created', () => {
    const table: [what: string, value: object, message: RegExp][] = [
      ['a Run without a pipeline', object('Run', 'x', {}), /exactly one of pipelineRef and pipelineSpec/],
      [
        'a Run with two',
        object('Run', 'x', { pipelineRef: { name: 'a' }, pipelineSpec: { stages: STAGES } }),
        /exactly one of pipelineRef and pipelineSpec/,
      ],
      [
        'two stages of one name',
        object('Pipeline', 'x', { stages: [...STAGES, ...STAGES] }),
        /Duplicate value.*build/s,
      ],
      [
        'two services of one name',
        object('Pipeline', 'x', {
          stages: [
            {
              name: 'a',
              steps: STEPS,
              services: [
                { name: 'd', image: 'i' },
                { name: 'd', image: 'j' },
              ],
            },
          ],
        }),
        /Duplicate value/,
      ],
      [
        'a stage that is a group too',
        object('Pipeline', 'x', { stages: [{ name: 'a', steps: STEPS, parallel: STAGES }] }),
        /exactly one of steps, stages and parallel/,
      ],
      [
        'a stage of nothing',
        object('Pipeline', 'x', { stages: [{ name: 'a' }] }),
        /exactly one of steps, stages and parallel/,
      ],
      [
        'a group with an image',
        object('Pipeline', 'x', { stages: [{ name: 'a', image: 'i', parallel: STAGES }] }),
        /a group takes only name, description/,
      ],
      [
        'a container called otto',
        object('Pipeline', 'x', {
          stages: [{ name: 'a', steps: STEPS, containers: [{ name: 'otto', image: 'i' }] }],
        }),
        /otto is the runner's/,
      ],
      [
        'a service with two ways to be ready',
        object('Pipeline', 'x', {
          stages: [
            {
              name: 'a',
              steps: STEPS,
              services: [{ name: 'd', image: 'i', ready: { tcp: 1, exec: ['x'] } }],
            },
          ],
        }),
        /exactly one of tcp, http and exec/,
      ],
      [
        'choices of a text',
        object('Pipeline', 'x', { params: [{ name: 'p', choices: ['a'] }], stages: STAGES }),
        /choices and type choice go together/,
      ],
      ['no stages', object('Pipeline', 'x', { stages: [] }), /should have at least 1 items/],
      [
        'more than 2,000 stages',
        object('Pipeline', 'x', {
          stages: Array.from({ length: 2001 }, (_, i) => ({ name: `s${i}`, steps: STEPS })),
        }),
        /must have at most 2000 items/,
      ],
      [
        'more than 2,000 members of a group',
        object('Pipeline', 'x', {
          stages: [
            {
              name: 'g',
              parallel: Array.from({ length: 2001 }, (_, i) => ({ name: `s${i}`, steps: STEPS })),
            },
          ],
        }),
        /parallel has at most 2000 entries/,
      ],
      [
        'a duration without a unit',
        object('Pipeline', 'x', { timeout: '30', stages: STAGES }),
        /spec\.timeout/,
      ],
      [
        'eleven retries',
        object('Pipeline', 'x', { stages: [{ name: 'a', steps: STEPS, retries: { limit: 11 } }] }),
        /less than or equal to 10/,
      ],
      [
        'a name of 64 characters',
        object('Pipeline', 'x'.repeat(64), { stages: STAGES }),
        /at most 63 characters/,
      ],
      [
        'a mistyped field',
        object('Pipeline', 'x', { stages: STAGES, timout: '1h' }),
        /unknown field "spec\.timout"/,
      ],
      [
        'a stage within a group within a group within a group',
        object('Pipeline', 'x', {
          stages: [{ name: 'a', stages: [{ name: 'b', stages: [{ name: 'c', stages: STAGES }] }] }],
        }),
        /unknown field|Required value/,
      ],
    ];
    for (const [what, value, message] of table) {
      it(`is not ${what}`, async () => {
        await refused(['create', '--validate=strict', '--dry-run=server', '-f', '-'], message, value);
        // Otto's own validators, which need no cluster, agree.
        const kind: unknown = Reflect.get(value, 'kind');
        const checked = kind === 'Run' ? validateRun(value) : validatePipeline(value);
        assert.ok('errors' in checked, 'the validator takes it');
      });
    }

    for (const name of readdirSync(EXAMPLES)) {
      it(`is the example ${name}`, () =>
        succeeds([
          'apply',
          '--validate=strict',
          '--dry-run=server',
          '-f',
          join(EXAMPLES, name, 'pipeline.yaml'),
        ]));
    }
  });

  describe('a Run that exists', () => {
    const name = 'fixed';
    const merge = (spec: object): string[] => [
      'patch',
      'run',
      name,
      '--type=merge',
      '-p',
      JSON.stringify({ spec }),
    ];

    before(() =>
      succeeds(
        ['create', '-f', '-'],
        object('Run', name, {
          pipelineRef: { name: 'webapp' },
          params: { ruby: '3.2', list: [1, { deep: 'x' }] },
          source: { branch: 'main' },
        }),
      ),
    );

    const table: [what: string, spec: object, message: RegExp][] = [
      ['another pipeline', { pipelineRef: { name: 'other' } }, /a Run keeps the Pipeline/],
      [
        'an inline pipeline',
        { pipelineRef: null, pipelineSpec: { stages: STAGES } },
        /cannot be added or removed/,
      ],
      ['another value of a parameter', { params: { ruby: '3.3' } }, /params cannot be changed/],
      [
        'another value deep in a parameter',
        { params: { list: [1, { deep: 'y' }] } },
        /params cannot be changed/,
      ],
      [
        'another name deep in a parameter',
        { params: { list: [1, { other: 'x' }] } },
        /params cannot be changed/,
      ],
      [
        'a parameter of another name',
        { params: { ruby: null, rubyVersion: '3.2' } },
        /params cannot be changed/,
      ],
      ['one parameter more', { params: { extra: true } }, /params cannot be changed/],
      ['no parameters', { params: null }, /cannot be added or removed/],
      ['another source', { source: { branch: 'next' } }, /source cannot be changed/],
      ['no source', { source: null }, /cannot be added or removed/],
      ['an unknown state', { state: 'Stopped' }, /Unsupported value/],
    ];
    for (const [what, spec, message] of table)
      it(`does not take ${what}`, () => refused(merge(spec), message));

    it('takes labels, a pause and another time to live', async () => {
      await succeeds(['label', 'run', name, 'team=web']);
      await succeeds(merge({ state: 'Paused', ttlAfterFinished: '1h' }));
      await succeeds(merge({ state: 'Running', ttlAfterFinished: null }));
    });

    it('stays cancelled', async () => {
      await succeeds(merge({ state: 'Cancelled' }));
      await refused(merge({ state: 'Running' }), /a cancelled Run stays cancelled/);
      await refused(merge({ state: null }), /a cancelled Run stays cancelled/);
    });
  });

  it('keep an inline pipeline as it was created', async () => {
    await succeeds(['create', '-f', '-'], object('Run', 'inline', { pipelineSpec: { stages: STAGES } }));
    const spec = { pipelineSpec: { stages: [{ name: 'build', steps: [{ sh: 'make all' }] }] } };
    await refused(
      ['patch', 'run', 'inline', '--type=merge', '-p', JSON.stringify({ spec })],
      /pipelineSpec cannot be changed/,
    );
  });
});
