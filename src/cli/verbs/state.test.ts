import assert from 'node:assert/strict';
import { until } from '../../kube/testing/until.ts';
import { Otto } from '../testing/otto.ts';

const DONE = { startTime: '2026-01-01T12:00:00Z', completionTime: '2026-01-01T12:00:09Z' };

describe('otto cancel, pause, resume and wait', () => {
  let otto: Otto;

  beforeEach(async () => {
    otto = new Otto();
    await otto.open();
    otto.cluster.run('a');
    otto.cluster.run('b');
  });

  afterEach(async () => {
    await otto.close();
  });

  const watching = (count: number): Promise<void> => until('watches', () => otto.cluster.watching === count);
  const states = (): unknown[] => otto.cluster.runs().map(({ spec }) => spec.state);

  it('sets the state of each Run that is named', async () => {
    assert.equal(await otto.run('pause', 'a', 'b'), 0);
    assert.deepEqual(states(), ['Paused', 'Paused']);
    assert.equal(await otto.run('resume', 'b'), 0);
    assert.equal(await otto.run('cancel', 'run.otto.dev/a'), 0);
    assert.deepEqual(states(), ['Cancelled', 'Running']);
    assert.equal(otto.io.out.at(-1), 'run.otto.dev/a cancelled');
  });

  it('changes none where one of the names is wrong', async () => {
    assert.equal(await otto.run('cancel', 'a', 'c'), 1);
    assert.match(otto.err, /there is no Run 'c' in namespace 'shop'/);
    assert.deepEqual(states(), [undefined, undefined]);
  });

  it('leaves a Run that has ended alone', async () => {
    otto.cluster.report('a', { ...DONE, result: 'Succeeded' });
    assert.equal(await otto.run('cancel', 'a'), 0);
    assert.equal(otto.out, 'run.otto.dev/a has ended already: Succeeded');
    assert.deepEqual(states(), [undefined, undefined]);
  });

  it('waits with --wait until the Run has ended', async () => {
    const code = otto.run('cancel', 'a', '--wait');
    await watching(1);
    otto.cluster.report('a', { ...DONE, result: 'Cancelled' });
    assert.equal(await code, 0);
    assert.match(otto.out, /⊘ a Cancelled in 9s/);
  });

  it('exits as the first Run that did not succeed', async () => {
    const code = otto.run('wait', 'a', 'b');
    await watching(2);
    otto.cluster.report('b', { ...DONE, result: 'Unstable' });
    otto.cluster.report('a', { ...DONE, result: 'Succeeded' });
    assert.equal(await code, 3);
  });

  it('gives up after --timeout, with a code of its own', async () => {
    assert.equal(await otto.run('wait', 'a', '--timeout', '20ms'), 124);
    assert.match(otto.err, /waited too long/);
    assert.equal(await otto.run('wait', 'a', '--timeout', 'soon'), 64);
  });
});
