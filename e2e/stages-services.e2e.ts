/** Services beside the steps of a stage: ready before the first step, gone with the stage, told when they are not. */
import assert from 'node:assert/strict';
import type { Service, Stage } from '../src/api/generated/types.ts';
import { anInlineRun, PATIENCE_MS, Space, stageOf } from './space.ts';

const IMAGE = 'busybox:1.36';
const stage = (services: Service[], script: string, more: Partial<Stage> = {}): Stage => ({
  name: 'only',
  image: IMAGE,
  services,
  steps: [{ sh: script }],
  ...more,
});
const http = (port: number, delay: number): string[] => [
  'sh',
  '-c',
  `sleep ${delay}; mkdir /tmp/www; echo served > /tmp/www/index.html; exec httpd -f -p ${port} -h /tmp/www`,
];

describe('services of a stage', function () {
  this.timeout(PATIENCE_MS + 10_000);
  const space = new Space('services');

  before(async () => {
    await space.start();
    const run = (name: string, only: Stage): object => anInlineRun(name, { stages: [only] });
    await space.create(
      run(
        'postgres',
        stage(
          [
            {
              name: 'db',
              image: 'postgres:17',
              env: { POSTGRES_PASSWORD: 'test' },
              ready: { tcp: 5432, timeout: '3m' },
            },
          ],
          'psql -h 127.0.0.1 -U postgres -Atc "select 6 * 7"',
          { image: 'postgres:17', env: { PGPASSWORD: 'test' } },
        ),
      ),
      run(
        'redis',
        stage(
          [{ name: 'cache', image: 'redis:7', ready: { exec: ['redis-cli', 'ping'], timeout: '3m' } }],
          "printf 'PING\\r\\n' | nc -w 2 127.0.0.1 6379",
        ),
      ),
      run(
        'two',
        stage(
          [
            {
              name: 'one',
              image: IMAGE,
              command: http(8081, 2),
              ready: { http: { port: 8081 }, timeout: '2m' },
            },
            { name: 'two', image: IMAGE, command: http(8082, 0), args: [], ready: { tcp: 8082 } },
          ],
          'wget -qO- http://127.0.0.1:8081/ http://127.0.0.1:8082/',
        ),
      ),
      run(
        'never-ready',
        stage(
          [{ name: 'db', image: IMAGE, command: ['sleep', '1000'], ready: { tcp: 5432, timeout: '3s' } }],
          'echo never',
        ),
      ),
      run(
        'dies',
        stage(
          [
            {
              name: 'db',
              image: IMAGE,
              command: ['sh', '-c', 'echo no such file >&2; exit 3'],
              ready: { tcp: 5432 },
            },
          ],
          'echo never',
        ),
      ),
      run(
        'dies-later',
        stage(
          [{ name: 'db', image: IMAGE, command: ['sh', '-c', 'sleep 1; exit 0'] }],
          'sleep 3; echo the step goes on',
        ),
      ),
    );
  });
  afterEach(async function () {
    await space.explain(this.currentTest);
  });
  after(() => space.stop());

  it('answer at 127.0.0.1 from the first step on: PostgreSQL', async () => {
    const run = await space.ended('postgres');
    assert.equal(run.status?.result, 'Succeeded');
    assert.match(await space.log(run, 'only'), /^42$/m);
  });

  it('are asked by a command of their own: Redis', async () => {
    const run = await space.ended('redis');
    assert.equal(run.status?.result, 'Succeeded');
    assert.match(await space.log(run, 'only'), /^\+PONG$/m);
  });

  it('are all ready before the first step', async () => {
    const run = await space.ended('two');
    assert.equal(run.status?.result, 'Succeeded');
    assert.match(await space.log(run, 'only'), /^served\nserved$/m);
  });

  it('go with their stage', async () => {
    await space.ended('postgres');
    await space.kubectl([
      'wait',
      '--for=jsonpath={.status.phase}=Succeeded',
      'pod',
      '-l',
      'otto.dev/run=postgres',
      '--timeout=60s',
    ]);
    const [pod] = await space.pods('otto.dev/run=postgres');
    const states = [...(pod?.status?.initContainerStatuses ?? []), ...(pod?.status?.containerStatuses ?? [])];
    assert.deepEqual(
      states.filter(({ state }) => state?.terminated === undefined),
      [],
    );
  });

  for (const { name, says } of [
    { name: 'never-ready', says: /Service "db" was not ready in its time/ },
    { name: 'dies', says: /Service "db" ended with exit code 3/ },
  ]) {
    it(`fail their stage, which says where to look: ${name}`, async () => {
      const run = await space.ended(name);
      const { result, reason, message = '', steps = [] } = stageOf(run, 'only');
      assert.deepEqual({ result, reason }, { result: 'Failed', reason: 'ServiceNotReady' });
      assert.match(message, says);
      const [, hint = ''] = /`kubectl (logs [^`]*)`/.exec(message) ?? [];
      assert.match(hint, /-c db --previous/);
      assert.deepEqual(steps, []);
    });
  }

  it('that end later are for the steps to notice', async () => {
    const run = await space.ended('dies-later');
    assert.match(await space.log(run, 'only'), /the step goes on/);
  });
});
