import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { runProgram } from './program.ts';
import { kubeconfig, Otto } from './testing/otto.ts';

describe('errors of the command line', () => {
  let otto: Otto;

  beforeEach(async () => {
    otto = new Otto();
    await otto.open();
  });

  afterEach(async () => {
    await otto.close();
  });

  it('names the server and the ways to choose another when it does not answer', async () => {
    const { url } = otto.cluster;
    await otto.cluster.close();
    assert.equal(await otto.run('get'), 69);
    assert.match(
      otto.err,
      new RegExp(`cannot reach the API server ${url} \\(context 'here'\\): connect ECONNREFUSED`),
    );
    assert.match(otto.err, /--kubeconfig or \$KUBECONFIG/);
  });

  it('says who lacks which right', async () => {
    const message =
      'runs.otto.dev is forbidden: User "jane" cannot list resource "runs" in API group "otto.dev" in the namespace "shop"';
    otto.cluster.refuse = () => ({ code: 403, reason: 'Forbidden', message });
    assert.equal(await otto.run('get'), 1);
    assert.ok(otto.err.includes(`not allowed: ${message}`), otto.err);
    assert.match(otto.err, /role edit .*in namespace 'shop'/);
  });

  it('says that the credentials are at fault', async () => {
    otto.cluster.refuse = () => ({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
    assert.equal(await otto.run('get'), 1);
    assert.match(otto.err, /does not accept your credentials: Unauthorized\n {2}Log in again/);
  });

  it('says that a cluster has no Otto', async () => {
    otto.cluster.refuse = () => ({ code: 404, reason: 'NotFound', message: '404 page not found' });
    assert.equal(await otto.run('describe', 'x'), 1);
    assert.match(otto.err, /does not know Pipelines and Runs\n {2}Install Otto/);
  });

  it('lists the contexts there are for one that is not there', async () => {
    assert.equal(await otto.run('get', '--context', 'nowhere'), 64);
    assert.match(otto.err, /no context 'nowhere'; there are: here, there/);
  });

  it('names a kubeconfig that is not there', async () => {
    assert.equal(await otto.run('get', '--kubeconfig', '/nowhere/config'), 64);
    assert.match(otto.err, /there is no kubeconfig \/nowhere\/config/);
  });

  it('says how to name a cluster where nothing names one', async () => {
    const env = { KUBECONFIG: `${otto.folder}/none` };
    assert.equal(await runProgram(['get'], { name: 'otto', env, io: () => otto.io }), 1);
    assert.match(otto.err, /no cluster is known: there is no .*none\n.*export KUBECONFIG/);
  });

  it('takes kubectl’s flags before the verb and behind it', async () => {
    otto.cluster.run('a', {}, 'other');
    assert.equal(await otto.run('-n', 'other', 'get', 'a'), 0);
    assert.equal(await otto.run('get', 'a', '--namespace', 'other', '--context', 'there'), 0);
    assert.equal(await otto.run('get', 'a'), 1);
  });

  it('knows the nearest verb and option', async () => {
    assert.equal(await otto.run('strat'), 64);
    assert.match(otto.err, /unknown command 'strat'\n\(Did you mean start\?\)/);
    assert.equal(await otto.run('start'), 64);
    assert.match(otto.err, /missing required argument 'pipeline'/);
  });

  it('has help with examples for each verb', async () => {
    for (const verb of ['start', 'logs', 'get', 'describe', 'wait', 'cancel', 'pause', 'resume', 'version']) {
      otto.io.out.length = 0;
      assert.equal(await otto.run('help', verb), 0);
      assert.match(otto.out, new RegExp(`Usage: otto ${verb}`));
      assert.match(otto.out, new RegExp(`Examples:\\n {2}otto ${verb}`), verb);
    }
  });

  it('does not take a file that is no kubeconfig for one', async () => {
    await writeFile(otto.kubeconfig, '{"kind": "Config"');
    assert.equal(await otto.run('get'), 64);
    assert.match(otto.err, /kubeconfig .*config: /);
    await writeFile(otto.kubeconfig, kubeconfig(otto.cluster.url));
    assert.equal(await otto.run('get'), 0);
  });
});
