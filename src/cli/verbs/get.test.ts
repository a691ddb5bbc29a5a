import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { until } from '../../kube/testing/until.ts';
import { Otto } from '../testing/otto.ts';

describe('otto get', () => {
  let otto: Otto;

  beforeEach(async () => {
    otto = new Otto();
    await otto.open();
  });

  afterEach(async () => {
    await otto.close();
  });

  it('lists Runs, the newest first, in columns', async () => {
    otto.cluster.run('old');
    otto.cluster.run('new', { status: { result: 'Failed', progress: '3/7', current: '' } });
    assert.equal(await otto.run('get'), 0);
    assert.deepEqual(
      otto.io.out.map((line) => line.split(/ {2,}/).slice(0, 4)),
      [
        ['NAME', 'PIPELINE', 'RESULT', 'PROGRESS'],
        ['new', 'webapp', 'Failed', '3/7'],
        ['old', 'webapp', 'Pending', '9m58s'],
      ],
    );
  });

  it('lists those of all namespaces with -A, and says whose each is', async () => {
    otto.cluster.run('a');
    otto.cluster.run('b', {}, 'other');
    assert.equal(await otto.run('get', 'runs', '-A'), 0);
    assert.deepEqual(
      otto.io.out.map((line) => line.split(/ +/).slice(0, 2)),
      [
        ['NAMESPACE', 'NAME'],
        ['other', 'b'],
        ['shop', 'a'],
      ],
    );
  });

  it('says that there is none, on standard error', async () => {
    assert.equal(await otto.run('get', 'pipelines'), 0);
    assert.equal(otto.out, '');
    assert.match(otto.err, /There is no Pipeline in namespace 'shop'/);
  });

  it('prints one object by its name, and several as a List, without managed fields', async () => {
    otto.cluster.run('a');
    otto.cluster.run('b');
    assert.equal(await otto.run('get', 'run/a', '-o', 'json'), 0);
    const one: { kind: string; metadata: object } = JSON.parse(otto.out);
    assert.equal(one.kind, 'Run');
    assert.ok(!('managedFields' in one.metadata));
    otto.io.out.length = 0;
    assert.equal(await otto.run('get', 'runs', '-o', 'yaml'), 0);
    const list: { kind: string; items: { kind: string }[] } = parse(otto.out);
    assert.deepEqual([list.kind, list.items.map(({ kind }) => kind)], ['List', ['Run', 'Run']]);
  });

  it('prints names that the other verbs take', async () => {
    otto.cluster.run('a');
    assert.equal(await otto.run('get', '-o', 'name'), 0);
    assert.equal(otto.out, 'run.otto.dev/a');
    assert.equal(await otto.run('get', 'run.otto.dev/a'), 0);
  });

  it('prints an empty List for programs', async () => {
    assert.equal(await otto.run('get', '-o', 'json'), 0);
    assert.deepEqual(JSON.parse(otto.out).items, []);
  });

  it('goes on with what changes, and mends its watch', async () => {
    otto.cluster.run('a');
    void otto.run('get', '-w');
    const has = (text: string): Promise<void> => until(text, () => otto.out.includes(text));
    await has('a     webapp');
    otto.cluster.report('a', { progress: '1/2' });
    await has('1/2');
    otto.cluster.cutWatches();
    otto.cluster.report('a', { progress: '2/2' });
    await has('2/2');
    assert.equal(otto.io.out.filter((line) => line.startsWith('NAME')).length, 1);
  });

  it('refuses names of two kinds, and formats that are none', async () => {
    assert.equal(await otto.run('get', 'run/a', 'pipeline/b'), 64);
    assert.equal(await otto.run('get', '-o', 'jsn'), 64);
    assert.match(otto.err, /There are: wide, json, yaml, name/);
  });
});
