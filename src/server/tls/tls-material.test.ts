import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { ApiError } from '../../kube/errors.ts';
import { type Secret, SecretsApi } from '../testing/secrets-api.ts';
import { AUTHORITY_DAYS, createAuthority, createServerCertificate, SERVER_DAYS } from './certificates.ts';
import { ensureTls, type TlsMaterial, type TlsOptions } from './tls-material.ts';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-03-01T12:00:00Z');
const HOSTS = ['otto-reports.otto.svc'];

function options(more: Partial<TlsOptions> = {}): TlsOptions {
  return { namespace: 'otto', name: 'otto-tls', hosts: HOSTS, labels: { a: 'b' }, ...more };
}

describe('the TLS material in its Secret', () => {
  let api: SecretsApi;
  const ensure = (now: number = NOW, more: Partial<TlsOptions> = {}): Promise<TlsMaterial> =>
    ensureTls(api, options(more), now);

  beforeEach(() => {
    api = new SecretsApi();
  });

  /** What every answer must be. */
  function assertWorks({ authority, server }: TlsMaterial, now: number = NOW, host = HOSTS[0] ?? ''): void {
    const certificate = new X509Certificate(server.certificate);
    assert.ok(certificate.verify(new X509Certificate(authority).publicKey), 'signed by the authority');
    assert.ok(certificate.checkPrivateKey(createPrivateKey(server.key)), 'has its key');
    assert.ok(certificate.checkHost(host), 'is for the host');
    assert.ok(Date.parse(certificate.validFrom) <= now && now < Date.parse(certificate.validTo), 'is valid');
  }

  function corrupt(change: (data: Record<string, string>) => void): void {
    const secret: Secret = structuredClone(api.secret ?? { metadata: {} });
    change((secret.data ??= {}));
    api.put(secret);
  }

  it('is made at the first start, with labels and owner', async () => {
    const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'otto', uid: 'd' };
    assertWorks(await ensure(NOW, { owner }));
    assert.deepEqual(api.secret?.metadata.ownerReferences, [owner]);
    assert.deepEqual(api.secret?.metadata.labels, { a: 'b' });
    assert.deepEqual(Object.keys(api.secret?.data ?? {}), ['ca.crt', 'ca.key', 'tls.crt', 'tls.key']);
  });

  it('is read and not written by later starts', async () => {
    const first = await ensure();
    assert.deepEqual(await ensure(NOW + DAY_MS), first);
    assert.deepEqual(api.writes, ['create']);
  });

  it('is the same for two processes that start at once', async () => {
    let other: TlsMaterial | undefined;
    api.before = async () => {
      other = await ensure();
    };
    const mine = await ensure();
    assert.deepEqual(mine, other);
    assert.deepEqual(api.writes, ['create']);
  });

  it('is the same for two processes that renew at once', async () => {
    await ensure();
    const later = NOW + 70 * DAY_MS;
    let other: TlsMaterial | undefined;
    api.before = async () => {
      other = await ensure(later);
    };
    assert.deepEqual(await ensure(later), other);
    assert.deepEqual(api.writes, ['create', 'patch']);
  });

  it('gets a new server certificate of the same authority at two thirds of its life', async () => {
    const first = await ensure();
    const life = SERVER_DAYS * DAY_MS;
    assert.deepEqual(await ensure(NOW + (life * 2) / 3 - DAY_MS), first);
    const later = NOW + (life * 2) / 3 + DAY_MS;
    const renewed = await ensure(later);
    assert.equal(renewed.authority, first.authority, 'stages that run go on');
    assert.notEqual(renewed.server.certificate, first.server.certificate);
    assertWorks(renewed, later);
  });

  it('gets a new authority a year before its end', async () => {
    const first = await ensure();
    const later = NOW + (AUTHORITY_DAYS - 364) * DAY_MS;
    const renewed = await ensure(later);
    assert.notEqual(renewed.authority, first.authority);
    assertWorks(renewed, later);
  });

  it('gets a certificate for another host of the same authority', async () => {
    const first = await ensure();
    const other = await ensure(NOW, { hosts: ['10.0.0.1'] });
    assert.equal(other.authority, first.authority);
    assert.equal(new X509Certificate(other.server.certificate).checkIP('10.0.0.1'), '10.0.0.1');
  });

  it('gets a new certificate where the old one is of the future, made with a wrong clock', async () => {
    await ensure(NOW + 30 * DAY_MS);
    assertWorks(await ensure());
  });

  it('is taken up again when the Secret is deleted in between', async () => {
    await ensure();
    api.before = () => {
      api.secret = undefined;
    };
    const later = NOW + 70 * DAY_MS;
    assertWorks(await ensure(later), later);
    assert.equal(api.writes.at(-1), 'create');
  });

  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  for (const [what, change] of [
    ['is empty', (data) => Object.keys(data).forEach((name) => delete data[name])],
    ['lacks a file', (data) => delete data['tls.key']],
    [
      'holds a certificate that is none',
      (data) => (data['tls.crt'] = base64('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')),
    ],
    ['holds a certificate that is cut', (data) => (data['tls.crt'] = data['tls.crt']?.slice(0, 200) ?? '')],
    ['holds an authority that is cut', (data) => (data['ca.crt'] = data['ca.crt']?.slice(0, 200) ?? '')],
    [
      'holds a key that is none',
      (data) => (data['tls.key'] = base64('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n')),
    ],
    ['holds what is no base64', (data) => (data['ca.key'] = '%%%')],
  ] as readonly (readonly [string, (data: Record<string, string>) => unknown])[]) {
    it(`is made anew when the Secret ${what}`, async () => {
      await ensure();
      corrupt(change);
      assertWorks(await ensure());
      assertWorks(await ensure());
      assert.deepEqual(api.writes, ['create', 'patch'], 'once');
    });
  }

  it('is made anew when the key of the server is of another certificate', async () => {
    await ensure();
    const other = await createServerCertificate(await createAuthority('other', NOW), HOSTS, NOW);
    corrupt((data) => (data['tls.key'] = base64(other.key)));
    assertWorks(await ensure());
  });

  it('is made anew, authority included, when the key of the authority is of another', async () => {
    const first = await ensure();
    const other = await createAuthority('other', NOW);
    corrupt((data) => (data['ca.key'] = base64(other.key)));
    const renewed = await ensure(NOW + 70 * DAY_MS);
    assert.notEqual(renewed.authority, first.authority);
    assertWorks(renewed, NOW + 70 * DAY_MS);
  });

  it('is made anew when the authority is another than the certificate is of', async () => {
    await ensure();
    const other = await createAuthority('other', NOW);
    corrupt((data) => {
      data['ca.crt'] = base64(other.certificate);
      data['ca.key'] = base64(other.key);
    });
    const renewed = await ensure();
    assert.equal(renewed.authority, other.certificate);
    assertWorks(renewed);
  });

  it('is an error where the Secret may not be read or written', async () => {
    const forbidden = new ApiError(403, 'Forbidden', 'secrets is forbidden');
    await assert.rejects(ensureTls({ ...refusing(forbidden) }, options(), NOW), forbidden);
  });

  it('is an error where others win every time', async () => {
    const taken = new ApiError(409, 'AlreadyExists', 'there is one');
    const client = { ...refusing(taken), get: () => Promise.reject(new ApiError(404, 'NotFound', 'none')) };
    await assert.rejects(ensureTls(client, options(), NOW), taken);
  });
});

function refusing(refusal: Error): {
  get(): Promise<never>;
  create(): Promise<never>;
  patch(): Promise<never>;
} {
  const refuse = (): Promise<never> => Promise.reject(refusal);
  return { get: refuse, create: refuse, patch: refuse };
}
