/** What users see of the resources on a real API server: columns, short names, texts; and who may write which field. */
import assert from 'node:assert/strict';
import { object, STAGES, STEPS, Subject } from './subject.ts';

describe('how the resources show on a real API server', function () {
  this.timeout(60_000);
  const subject = new Subject('views');
  const succeeds: Subject['succeeds'] = (...call) => subject.succeeds(...call);
  const refused: Subject['refused'] = (...call) => subject.refused(...call);
  before(() => subject.start());
  after(() => subject.stop());

  it('let two managers each have fields of one stage', async () => {
    const apply = (manager: string, stage: object): Promise<string> =>
      succeeds(
        ['apply', '--server-side', `--field-manager=${manager}`, '-f', '-'],
        object('Pipeline', 'shared', { stages: [{ name: 'build', ...stage }] }),
      );
    await apply('team', { image: 'node:24', steps: STEPS });
    await apply('platform', { timeout: '5m' });
    await apply('team', { image: 'node:26', steps: STEPS });
    const stages = await succeeds(['get', 'pipeline', 'shared', '-o', 'jsonpath={.spec.stages}']);
    assert.deepEqual(JSON.parse(stages), [{ name: 'build', image: 'node:26', timeout: '5m', steps: STEPS }]);
    await refused(
      ['apply', '--server-side', '--field-manager=platform', '-f', '-'],
      /conflict with "team"/,
      object('Pipeline', 'shared', { stages: [{ name: 'build', image: 'node:20' }] }),
    );
  });

  describe('the status', () => {
    const status = {
      observedGeneration: 1,
      progress: '1/3',
      current: 'build',
      duration: '12s',
      revision: '4f0c1d2',
      message: 'stage "build": make ended with 2',
      conditions: [
        {
          type: 'Succeeded',
          status: 'False',
          reason: 'Failed',
          message: 'x',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    };

    it('is written through its subresource alone, and the spec is not', async () => {
      const spec = { pipelineRef: { name: 'webapp' } };
      await succeeds(['create', '-f', '-'], object('Run', 'shown', spec, { status: { progress: '9/9' } }));
      // Whoever compares generations must not take it for settled before the operator has seen it.
      const unseen = '{"observedGeneration":-1}';
      assert.equal(await succeeds(['get', 'run', 'shown', '-o', 'jsonpath={.status}']), unseen);
      const patch = JSON.stringify({ spec: { state: 'Paused' }, status });
      await succeeds(['patch', 'run', 'shown', '--subresource=status', '--type=merge', '-p', patch]);
      const generation = '{.metadata.generation}/{.spec.state}/{.status.progress}';
      assert.equal(await succeeds(['get', 'run', 'shown', '-o', `jsonpath=${generation}`]), '1//1/3');
    });

    it('fills the columns of kubectl get', async () => {
      const [header = '', row = ''] = (await succeeds(['get', 'run', 'shown'])).split('\n');
      assert.deepEqual(
        header.split(/\s+/).filter((word) => word !== ''),
        ['NAME', 'PIPELINE', 'RESULT', 'PROGRESS', 'CURRENT', 'DURATION', 'AGE'],
      );
      assert.match(row, /^shown\s+webapp\s+Failed\s+1\/3\s+build\s+12s\s+\d+s/);
      const wide = await succeeds(['get', 'run', 'shown', '-o', 'wide']);
      assert.match(wide, /REVISION\s+MESSAGE\n.*4f0c1d2\s+stage "build": make ended with 2/);
    });

    it('is what kubectl wait waits for', async () => {
      await succeeds(['wait', '--for=condition=Succeeded=False', 'run/shown', '--timeout=5s']);
    });

    it('can be selected by', async () => {
      await succeeds([
        'patch',
        'run',
        'shown',
        '--subresource=status',
        '--type=merge',
        '-p',
        '{"status":{"result":"Failed"}}',
      ]);
      const found = await succeeds([
        'get',
        'runs',
        '--field-selector=status.result=Failed,spec.pipelineRef.name=webapp',
        '-o',
        'name',
      ]);
      assert.equal(found, 'run.otto.dev/shown\n');
    });
  });

  it('have short names and a category', async () => {
    await succeeds(['apply', '-f', '-'], object('Pipeline', 'named', { stages: STAGES }));
    await succeeds(['apply', '-f', '-'], object('Run', 'named', { pipelineRef: { name: 'named' } }));
    assert.equal(
      await succeeds(['get', 'pl/named', 'run/named', '-o', 'name']),
      'pipeline.otto.dev/named\nrun.otto.dev/named\n',
    );
    const all = await succeeds(['get', 'otto', '-o', 'name']);
    assert.match(all, /^pipeline\.otto\.dev\/named$/m);
    assert.match(all, /^run\.otto\.dev\/named$/m);
  });

  for (const path of [
    'pipelines',
    'pipelines.spec',
    'pipelines.spec.stages',
    'pipelines.status',
    'runs.spec',
    'runs.status',
    'runs.status.stages',
  ]) {
    it(`explain each field of ${path}`, async () => {
      const text = await succeeds(['explain', path, '--api-version=otto.dev/v1alpha1']);
      const [description = '', fields = ''] = text.split('FIELDS:');
      assert.match(description, /DESCRIPTION:\n\s+\S+/);
      assert.match(fields, /^ {2}\w+\t/m);
      assert.doesNotMatch(text, /<(?:no description|empty)>/);
    });
  }
});
