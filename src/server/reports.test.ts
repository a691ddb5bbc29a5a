import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent } from 'node:https';
import { connect } from 'node:net';
import { until } from '../kube/testing/until.ts';
import { ReportStore } from '../operator/report-store.ts';
import type { StageReport } from '../runner/protocol.ts';
import { type Limits, type ListeningTls, listenHttps } from './listen.ts';
import { type ReportsOptions, reportsHandler } from './reports.ts';
import { testCertificates } from './testing/certificates.ts';
import { type Answered, connectTls, type Sent, send } from './testing/https.ts';
import { aToken, ReviewApi } from './testing/review-api.ts';
import { tokenReviewer } from './token-review.ts';

const PODS: ReadonlyMap<string, { run: string; stage: string; attempt: number }> = new Map([
  ['pod-1', { run: 'demo', stage: 'build', attempt: 1 }],
  ['pod-2', { run: 'demo', stage: 'build', attempt: 2 }],
  ['pod-3', { run: 'other', stage: 'build', attempt: 1 }],
]);
const SHORT: Limits = { headMs: 200, requestMs: 400, idleMs: 5000, checkMs: 50, connections: 20 };

function aReport(more: Partial<StageReport> = {}): string {
  const report: StageReport = {
    version: 1,
    run: 'demo',
    stage: 'build',
    attempt: 1,
    sequence: 1,
    startTime: '2026-03-01T12:00:00Z',
    steps: [],
    ...more,
  };
  return JSON.stringify(report);
}

describe('the server that takes reports', () => {
  let api: ReviewApi;
  let store: ReportStore;
  let answers: number[];
  let errors: unknown[];
  let server: ListeningTls;
  let ca: string;
  let token: string;

  async function start(more: Partial<ReportsOptions> = {}, limits?: Limits): Promise<void> {
    const certificates = await testCertificates();
    ca = certificates.authority.certificate;
    const handler = reportsHandler({
      review: tokenReviewer(api, Date.now),
      findStage: (uid) => PODS.get(uid),
      accept: (uid, report) => store.put('run', uid, report),
      onAnswer: (code) => answers.push(code),
      onError: (error) => errors.push(error),
      ...more,
    });
    server = await listenHttps(handler, certificates.server, 0, '127.0.0.1', limits);
  }

  beforeEach(() => {
    api = new ReviewApi();
    store = new ReportStore();
    answers = [];
    errors = [];
    token = api.know(aToken('pod-1'), 'pod-1');
  });
  afterEach(() => server.close(0));

  async function post(body: string | readonly string[], more: Sent = {}, bearer = token): Promise<Answered> {
    const headers = { Authorization: `Bearer ${bearer}`, ...more.headers };
    return await send(server.port, ca, { path: '/v1/report', body, ...more, headers });
  }

  it('takes a report of a pod about itself and says nothing', async () => {
    await start();
    const { code, body } = await post(aReport());
    assert.deepEqual([code, body], [204, '']);
    assert.equal(store.of('run').get('pod-1')?.sequence, 1);
    assert.deepEqual(answers, [204]);
  });

  it('answers 409 to a report that came before, or late', async () => {
    await start();
    const codes = [];
    for (const sequence of [2, 2, 1, 3]) codes.push((await post(aReport({ sequence }))).code);
    assert.deepEqual(codes, [204, 409, 409, 204]);
    assert.equal(store.of('run').get('pod-1')?.sequence, 3);
  });

  describe('answers 401', () => {
    for (const [what, authorization] of [
      ['without a token', undefined],
      ['to another scheme', 'Basic dXNlcjpwYXNzd29yZC1wYXNzd29yZA=='],
      ['to what is no token of a pod', `Bearer ${'x'.repeat(40)}`],
      ['to a token whose claims are no JSON', `Bearer aaaaaaaaaa.${'!'.repeat(20)}.bbbbbbbbbb`],
      [
        'to a token whose claims are null',
        `Bearer aaaaaaaaaa.${Buffer.from('null').toString('base64url')}.bbbbbbbbbb`,
      ],
      ['to a token that is too long', `Bearer ${'a'.repeat(9000)}`],
      ['to two tokens', `Bearer ${aToken('pod-1')} ${aToken('pod-2')}`],
    ] as const) {
      it(what, async () => {
        await start();
        const headers: Record<string, string> =
          authorization === undefined ? {} : { Authorization: authorization };
        const answered = await send(server.port, ca, { path: '/v1/report', body: aReport(), headers });
        assert.equal(answered.code, 401);
        assert.equal(answered.headers['www-authenticate'], 'Bearer');
        assert.deepEqual(api.asked, [], 'the API server is not asked about it');
        assert.deepEqual(answers, [401]);
      });
    }

    it('to a token that the API server does not know', async () => {
      await start();
      assert.equal((await post(aReport(), {}, aToken('pod-1', 'forged'))).code, 401);
      assert.equal(store.size, 0);
    });

    it('to a token of another audience, as a pod has it for the API server', async () => {
      await start();
      const other = api.know(aToken('pod-1', 'other'), 'pod-1', { audiences: ['https://kubernetes'] });
      assert.equal((await post(aReport(), {}, other)).code, 401);
      assert.equal(store.size, 0);
    });
  });

  describe('answers 403', () => {
    it('to a pod that is no stage, without asking the API server', async () => {
      await start();
      const stranger = api.know(aToken('stranger'), 'stranger');
      assert.equal((await post(aReport(), {}, stranger)).code, 403);
      assert.deepEqual(api.asked, []);
    });

    for (const [what, report] of [
      ['another Run', { run: 'other' }],
      ['another stage', { stage: 'deploy' }],
      ['another attempt', { attempt: 2 }],
    ] as const) {
      it(`to a report about ${what}`, async () => {
        await start();
        assert.equal((await post(aReport(report))).code, 403);
        assert.equal(store.size, 0);
      });
    }

    it('to a token that says it is of one pod and is of another', async () => {
      await start();
      const two = api.know(aToken('pod-1', 'lies'), 'pod-2');
      assert.equal((await post(aReport(), {}, two)).code, 403);
      assert.equal((await post(aReport({ attempt: 2 }), {}, two)).code, 204);
      assert.equal(store.of('run').get('pod-1'), undefined);
      assert.equal(store.of('run').get('pod-2')?.attempt, 2);
    });

    it('to a pod that is gone, though its token was good before', async () => {
      const pods = new Map(PODS);
      await start({ findStage: (uid) => pods.get(uid) });
      assert.equal((await post(aReport())).code, 204);
      pods.delete('pod-1');
      assert.equal((await post(aReport({ sequence: 2 }))).code, 403);
    });
  });

  describe('answers 400', () => {
    for (const [what, body] of [
      ['what is no JSON', '{'],
      ['nothing', ''],
      ['a report of another version', JSON.stringify({ ...JSON.parse(aReport()), version: 2 })],
      ['a sequence that is no number', JSON.stringify({ ...JSON.parse(aReport()), sequence: '1' })],
      ['a list', '[]'],
    ] as const) {
      it(`to ${what}`, async () => {
        await start();
        const { code, body: said } = await post(body);
        assert.equal(code, 400);
        assert.equal(typeof JSON.parse(said).message, 'string');
        assert.equal(store.size, 0);
      });
    }

    it('to a body that is cut off, and does not take it for a trouble of its own', async () => {
      await start();
      const socket = await connectTls(server.port, ca);
      socket.write(
        `POST /v1/report HTTP/1.1\r\nHost: o\r\nAuthorization: Bearer ${token}\r\nContent-Length: 100\r\n\r\n{"version"`,
      );
      await until('the token is asked about', () => api.asked.length === 1);
      socket.destroy();
      await until('an answer', () => answers.length === 1);
      assert.deepEqual(answers, [400]);
      assert.deepEqual(errors, []);
    });
  });

  describe('answers 413', () => {
    const large = aReport({ message: 'x'.repeat(66_000) });

    it('to a length over the limit, before it is sent and before the API server is asked', async () => {
      await start();
      const { code } = await post(large);
      assert.equal(code, 413);
      assert.deepEqual(api.asked, []);
    });

    it('to a body without a length as soon as it is too long, and hangs up', async () => {
      await start();
      const socket = await connectTls(server.port, ca);
      let answered = '';
      socket.setEncoding('utf8').on('data', (text: string) => (answered += text));
      socket.write(
        `POST /v1/report HTTP/1.1\r\nHost: o\r\nAuthorization: Bearer ${token}\r\nTransfer-Encoding: chunked\r\n\r\n`,
      );
      socket.write(`${large.length.toString(16)}\r\n${large}\r\n`);
      await once(socket, 'close');
      assert.match(answered, /^HTTP\/1.1 413 /);
      assert.match(answered, /^Connection: close/im);
      assert.equal(store.size, 0);
    });
  });

  it('answers 404 elsewhere and 405 to other methods', async () => {
    await start();
    assert.equal((await post(aReport(), { path: '/v1/reports' })).code, 404);
    assert.equal((await post(aReport(), { path: '/v1/report?x' })).code, 404);
    const { code, headers } = await post('', { method: 'GET' });
    assert.deepEqual([code, headers['allow']], [405, 'POST']);
    assert.deepEqual(answers, [404, 404, 405]);
  });

  it('answers 429 to a pod that makes up tokens, and says nothing of it in the log', async () => {
    await start();
    const codes = new Set<number>();
    for (let i = 0; i < 5; i++) codes.add((await post(aReport(), {}, aToken('pod-1', `${i}`))).code);
    assert.deepEqual([...codes], [401, 429]);
    assert.equal(api.asked.length, 1);
    assert.deepEqual(errors, []);
  });

  describe('answers 503', () => {
    it('while the API server cannot be asked, and takes the report afterwards', async () => {
      await start();
      api.failure = new Error('the API server is away');
      assert.equal((await post(aReport())).code, 503);
      assert.equal(errors.length, 1);
      api.failure = undefined;
      assert.equal((await post(aReport())).code, 204, 'the failure is not remembered');
    });

    it('without a word of the token, to the client or to the log', async () => {
      await start();
      api.failure = new Error(`a proxy says: cannot post {"token":"${token}"}`);
      const { body } = await post(aReport());
      const [error] = errors;
      assert.ok(error instanceof Error);
      for (const text of [body, error.message, error.stack, String(error.cause)]) {
        assert.ok(!text?.includes(token), text);
        assert.ok(!text?.includes(token.slice(-40)), text);
      }
      assert.match(error.message, /a proxy says/);
    });
  });

  it('says nothing of the token in any answer', async () => {
    await start();
    for (const report of [aReport({ run: 'x' }), '{', aReport(), aReport()]) {
      assert.ok(!(await post(report)).body.includes(token));
    }
  });

  describe('towards clients that misbehave', () => {
    it('closes a connection that does not begin TLS', async () => {
      await start({}, SHORT);
      const socket = connect(server.port, '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'close');
    });

    it('closes a connection that sends no request', async () => {
      await start({}, SHORT);
      const socket = await connectTls(server.port, ca);
      socket.resume();
      await once(socket, 'close');
    });

    it('closes a connection whose head comes too slowly', async () => {
      await start({}, SHORT);
      const socket = await connectTls(server.port, ca);
      socket.resume().on('error', () => {});
      const drip = setInterval(() => socket.write('X'), 20);
      socket.write('POST /v1/report HTTP/1.1\r\nX-A: ');
      // By a reset, where bytes come still: `once` would take that for a failure.
      await new Promise((resolve) => socket.on('close', resolve));
      clearInterval(drip);
    });

    it('closes a connection whose body comes too slowly', async () => {
      await start({}, SHORT);
      const socket = await connectTls(server.port, ca);
      socket.resume().on('error', () => {});
      const drip = setInterval(() => socket.write(' '), 20);
      socket.write(
        `POST /v1/report HTTP/1.1\r\nHost: o\r\nAuthorization: Bearer ${token}\r\nContent-Length: 60000\r\n\r\n`,
      );
      // By a reset, where bytes come still: `once` would take that for a failure.
      await new Promise((resolve) => socket.on('close', resolve));
      clearInterval(drip);
      await until('an answer', () => answers.length === 1);
      assert.equal(store.size, 0);
      assert.deepEqual(errors, []);
    });

    it('takes no more connections than its limit, and new ones when others are gone', async () => {
      await start({}, { ...SHORT, headMs: 60_000, requestMs: 60_000, connections: 3 });
      const held = await Promise.all([1, 2, 3].map(() => connectTls(server.port, ca)));
      await assert.rejects(post(aReport()));
      for (const socket of held) {
        socket.destroy();
        await once(socket, 'close');
      }
      await until('a connection is free', async () => {
        const answered = await post(aReport()).catch(() => undefined);
        return answered?.code === 204;
      });
    });

    it('answers everyone when hundreds report at once', async () => {
      await start();
      const agent = new Agent({ keepAlive: true, maxSockets: 50 });
      const sequences = Array.from({ length: 300 }, (_, index) => index + 1);
      const codes = await Promise.all(
        sequences.map(async (sequence) => (await post(aReport({ sequence }), { agent })).code),
      );
      agent.destroy();
      assert.ok(codes.every((code) => code === 204 || code === 409));
      assert.equal(store.of('run').get('pod-1')?.sequence, 300);
      assert.equal(answers.length, 300);
      assert.equal(api.asked.length, 1, 'one pod is asked about once');
    });
  });

  it('speaks TLS 1.3 with its own certificate only, and with a renewed one from then on', async () => {
    await start();
    const socket = await connectTls(server.port, ca);
    assert.equal(socket.getProtocol(), 'TLSv1.3');
    const first = socket.getPeerCertificate().serialNumber;
    socket.destroy();
    await assert.rejects(send(server.port, (await otherAuthority()).certificate, {}));
    const { createServerCertificate } = await import('./tls/certificates.ts');
    const { authority } = await testCertificates();
    server.renew(await createServerCertificate(authority, ['localhost'], Date.now()));
    const later = await connectTls(server.port, ca);
    assert.notEqual(later.getPeerCertificate().serialNumber, first);
    later.destroy();
  });
});

async function otherAuthority(): Promise<{ certificate: string }> {
  const { createAuthority } = await import('./tls/certificates.ts');
  return await createAuthority('other', Date.now());
}
