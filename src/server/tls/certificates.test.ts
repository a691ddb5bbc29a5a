import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { type ListeningTls, listenHttps } from '../listen.ts';
import {
  AUTHORITY_DAYS,
  createAuthority,
  createServerCertificate,
  type KeyPair,
  SERVER_DAYS,
} from './certificates.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const HOSTS = ['otto-reports.otto.svc', '127.0.0.1', '::1'];

describe('certificates of an own authority', () => {
  let authority: KeyPair;
  let server: ListeningTls;

  before(async () => {
    authority = await createAuthority(`${'r'.repeat(53)}-tls authority`, Date.now());
    const certificate = await createServerCertificate(authority, HOSTS, Date.now());
    server = await listenHttps((_, response) => response.end(), certificate, 0, '127.0.0.1');
  });
  after(() => server.close(0));

  async function verify(servername: string, ca: string): Promise<string> {
    const socket = connect({
      host: '127.0.0.1',
      port: server.port,
      ca,
      // An address is verified as the host, and is no name to be sent.
      ...(isIP(servername) === 0 ? { servername } : {}),
    });
    try {
      await once(socket, 'secureConnect');
      return 'authorized';
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : String(error);
    } finally {
      socket.destroy();
    }
  }

  it('are believed with the authority alone, by DNS name and by address', async () => {
    assert.equal(await verify('otto-reports.otto.svc', authority.certificate), 'authorized');
    assert.equal(await verify('127.0.0.1', authority.certificate), 'authorized');
  });

  it('are not believed for another name', async () => {
    assert.equal(await verify('other.otto.svc', authority.certificate), 'ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('are not believed with another authority, not even of the same name', async () => {
    const other = await createAuthority(`${'r'.repeat(53)}-tls authority`, Date.now());
    assert.notEqual(await verify('otto-reports.otto.svc', other.certificate), 'authorized');
  });

  it('cover each host, IPv6 too', async () => {
    const certificate = new X509Certificate(
      (await createServerCertificate(authority, HOSTS, Date.now())).certificate,
    );
    assert.equal(certificate.checkHost('otto-reports.otto.svc'), 'otto-reports.otto.svc');
    assert.equal(certificate.checkIP('::1'), '::1');
    assert.equal(certificate.checkIP('127.0.0.2'), undefined);
  });

  it('sign nothing themselves', async () => {
    const pair = await createServerCertificate(authority, HOSTS, Date.now());
    assert.equal(new X509Certificate(pair.certificate).ca, false);
    assert.equal(new X509Certificate(authority.certificate).ca, true);
  });

  it('are valid from an hour before, since clocks differ, for their days', async () => {
    const now = Date.parse('2026-03-01T12:00:00Z');
    for (const [days, { certificate }] of [
      [AUTHORITY_DAYS, await createAuthority('a', now)],
      [SERVER_DAYS, await createServerCertificate(authority, HOSTS, now)],
    ] as const) {
      const { validFrom, validTo } = new X509Certificate(certificate);
      assert.equal(Date.parse(validFrom), now - HOUR_MS);
      assert.equal(Date.parse(validTo), now + days * DAY_MS);
    }
  });

  it('have keys and serial numbers of their own', async () => {
    const [a, b] = await Promise.all(
      [1, 2].map(
        async () => new X509Certificate((await createServerCertificate(authority, HOSTS, 0)).certificate),
      ),
    );
    assert.notEqual(a?.serialNumber, b?.serialNumber);
    assert.notEqual(
      a?.publicKey.export({ type: 'spki', format: 'pem' }),
      b?.publicKey.export({ type: 'spki', format: 'pem' }),
    );
  });
});
