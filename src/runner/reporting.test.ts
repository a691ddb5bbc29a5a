import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority } from '../server/tls/certificates.ts';
import { GitServer } from '../testing/git-server.ts';
import { ReportReceiver } from '../testing/report-receiver.ts';
import { aStep, RunnerStage, type StageEnded, sh } from '../testing/runner-stage.ts';
import type { Instructions } from './protocol.ts';

describe('the direct reports of a stage', function () {
  this.timeout(30_000);
  let stage: RunnerStage;
  let receiver: ReportReceiver;
  let tokenFile: string;

  beforeEach(async () => {
    stage = new RunnerStage();
    receiver = new ReportReceiver();
    await receiver.listen();
    tokenFile = join(stage.root, 'token');
    writeFileSync(tokenFile, 'a-token\n');
  });
  afterEach(async () => {
    await stage.stop();
    await receiver.close();
  });

  function run(
    given: Partial<Instructions>,
    report: Partial<NonNullable<Instructions['report']>> = {},
  ): Promise<StageEnded> {
    return stage.run({ report: { url: receiver.url, ca: receiver.ca, tokenFile, ...report }, ...given });
  }

  it('tell of its start, of each step while it runs, and of its end', async () => {
    const { report } = await run({ steps: [sh('sleep 0.3', { name: 'a' }), sh('sleep 0.3', { name: 'b' })] });
    const told = receiver.received.map(({ report }) =>
      [report.result ?? '-', ...report.steps.map((step) => `${step.name}:${step.result ?? 'runs'}`)].join(
        ' ',
      ),
    );
    assert.ok(told.includes('- a:runs'), told.join('\n'));
    assert.ok(
      told.some((line) => /^- a:Succeeded b:runs$/.test(line)),
      told.join('\n'),
    );
    assert.equal(told.at(-1), 'Succeeded a:Succeeded b:Succeeded');
    const sequences = receiver.received.map(({ report }) => report.sequence);
    assert.deepEqual(
      sequences,
      [...new Set(sequences)].sort((a, b) => a - b),
    );
    assert.equal(receiver.connections.size, 1);
    assert.equal(receiver.received[0]?.token, 'Bearer a-token');
    const { sequence: _one, ...last } = receiver.received.at(-1)?.report ?? {};
    const { sequence: _other, ...written } = report ?? {};
    assert.deepEqual(last, written);
  });

  it('are few where much happens', async () => {
    const steps = Array.from({ length: 100 }, () => aStep('echo', { message: 'x' }));
    const { report } = await run({ steps });
    assert.equal(report?.result, 'Succeeded');
    assert.ok(receiver.requests < 20, String(receiver.requests));
    assert.equal(receiver.received.at(-1)?.report.steps.length, 100);
  });

  it('tell the revision as soon as it is known, and later steps have it', async () => {
    const server = new GitServer();
    await server.listen();
    try {
      const commit = server.repository('app', { a: 'x' });
      const { report, log } = await run({
        checkout: { url: server.url('app'), submodules: false },
        steps: [
          sh('#!/bin/sh\necho "rev $OTTO_REVISION"; cat a; sleep 0.3'),
          aStep('echo', { message: '${{ source.revision + env.OTTO_REVISION }}' }),
        ],
      });
      assert.equal(report?.revision, commit);
      assert.equal(
        receiver.received.find((one) => one.report.revision !== undefined)?.report.result,
        undefined,
      );
      assert.match(log, new RegExp(`rev ${commit}`));
      assert.match(log, new RegExp(`Z ${commit}${commit}`));
      assert.equal(report?.steps[0]?.name, 'checkout');
    } finally {
      await server.close();
    }
  });

  it('hold no credential', async () => {
    stage.secret('s', { token: 'very-secret-value' });
    await run({
      steps: [sh('#!/bin/sh\necho very-secret-value; sleep 0.2; exit 1', { name: 'very-secret-value' })],
    });
    for (const { body } of receiver.received) assert.doesNotMatch(body, /very-secret-value/);
    assert.ok(receiver.received.length > 1);
  });

  it('are sent again, with the token as it is then, until they are taken', async () => {
    receiver.answers = [503, 401, 403];
    const { report } = await run({
      steps: [aStep('echo', { message: 'x' }), sh(`echo b-token > ${tokenFile}; sleep 1.5`)],
    });
    assert.equal(report?.result, 'Succeeded');
    assert.equal(receiver.received.at(-1)?.report.result, 'Succeeded');
    assert.equal(receiver.received.at(-1)?.token, 'Bearer b-token');
  });

  it('give way where a later one is there already', async () => {
    receiver.answers = [409];
    await run({ steps: [sh('sleep 0.3')] });
    assert.equal(receiver.received.at(-1)?.report.result, 'Succeeded');
  });

  it('keep within the size that the server takes, however many steps there are', async () => {
    const name = 'n'.repeat(2000);
    const steps = Array.from({ length: 200 }, () =>
      aStep('error', { message: 'm'.repeat(3000) }, { name, continueOnError: true }),
    );
    const { report } = await run({ steps });
    assert.equal(report?.result, 'Succeeded');
    const last = receiver.received.at(-1);
    assert.equal(last?.report.steps.length, 200);
    assert.ok((last?.body.length ?? 0) < 64 * 1024);
  });

  describe('that cannot be made do no harm', () => {
    async function sameWithout(
      report: Partial<NonNullable<Instructions['report']>>,
      mostMs: number,
    ): Promise<void> {
      const given = {
        steps: [sh('echo v=1 >> $OTTO_OUTPUT; sleep 0.2', { id: 'a' })],
        outputs: { v: '${{ steps.a.outputs.v }}' },
      };
      const since = Date.now();
      const { report: told, code, log } = await run(given, report);
      assert.ok(Date.now() - since < mostMs, String(Date.now() - since));
      assert.equal(code, 0, log);
      assert.equal(told?.result, 'Succeeded');
      assert.deepEqual(told?.outputs, { v: '1' });
    }

    it('when nobody listens', () => sameWithout({ url: 'https://127.0.0.1:1/v1/report' }, 8000));
    it('when the server never answers', () => {
      receiver.answers = Array.from({ length: 100 }, () => 'hang' as const);
      return sameWithout({}, 8000);
    });
    it('when there is no token', () => sameWithout({ tokenFile: '/nowhere/token' }, 8000));
    it('when the address is none', () => sameWithout({ url: 'nonsense' }, 8000));
    it('when the authority is none', () => sameWithout({ ca: 'nonsense' }, 8000));
    it('when the server is of another authority: it gets no token', async () => {
      const other = await createAuthority('other', Date.now());
      await sameWithout({ ca: other.certificate }, 8000);
      assert.equal(receiver.requests, 0);
    });
  });
});
