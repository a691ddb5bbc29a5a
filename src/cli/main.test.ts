import assert from 'node:assert/strict';
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { until } from '../kube/testing/until.ts';
import { Otto } from './testing/otto.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

describe('the otto process', function () {
  // Each starts a process that loads the client library.
  this.timeout(60_000);

  let otto: Otto;
  let children: ChildProcess[];

  beforeEach(async () => {
    otto = new Otto();
    children = [];
    await otto.open();
    otto.cluster.pipeline('webapp', { stages: [{ name: 'build', steps: [{ echo: 'x' }] }] });
  });

  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    await otto.close();
  });

  function start(...args: string[]): ChildProcessByStdio<null, Readable, Readable> {
    const child = spawn(process.execPath, [MAIN, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], KUBECONFIG: otto.kubeconfig },
    });
    children.push(child);
    return child;
  }

  const watched = (): Promise<void> => until('a watch', () => otto.cluster.watching === 1, 50_000);

  it('exits as the Run ended', async () => {
    const child = start('start', 'webapp', '-f');
    const out = text(child.stdout);
    await watched();
    otto.cluster.report('webapp-x1', { completionTime: '2026-01-01T12:00:00Z', result: 'Unstable' });
    assert.deepEqual(await once(child, 'close'), [3, null]);
    assert.match(await out, /! webapp-x1 Unstable/);
  });

  it('detaches at the first Ctrl-C', async () => {
    const child = start('start', 'webapp', '-f');
    const err = text(child.stderr);
    await watched();
    child.kill('SIGINT');
    assert.deepEqual(await once(child, 'close'), [130, null]);
    assert.match(await err, /Run webapp-x1 goes on/);
  });

  it('ends without a word when its reader goes away', async () => {
    const child = start('get', '-w');
    const err = text(child.stderr);
    otto.cluster.run('r');
    await once(child.stdout, 'data');
    child.stdout.destroy();
    await until(
      'its end',
      () => {
        otto.cluster.report('r', { progress: '1/2' });
        return child.exitCode !== null;
      },
      50_000,
    );
    assert.equal(child.exitCode, 141);
    assert.equal(await err, '');
  });

  it('prints no colour codes into a pipe, unless they are asked for', async () => {
    otto.cluster.run('r', { status: { result: 'Failed', completionTime: '2026-01-01T12:00:00Z' } });
    assert.ok(!(await text(start('get').stdout)).includes('\u001B'));
    assert.ok((await text(start('get', '--color').stdout)).includes('\u001B[31mFailed'));
  });
});
