/**
 * The operator's TLS material in a Secret of its own: made at the first start, its server certificate renewed at two
 * thirds of its life, its authority a year before its end (stages that run then go on without direct reports).
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { KubeObject, OwnerReference } from '../../api/kubernetes.ts';
import type { ApiClient } from '../../kube/client.ts';
import { isAlreadyExists, isConflict, isNotFound } from '../../kube/errors.ts';
import { SECRETS } from '../../kube/resource.ts';
import { createAuthority, createServerCertificate, type KeyPair } from './certificates.ts';

export interface TlsMaterial {
  /** PEM. */
  authority: string;
  server: KeyPair;
}

type Secret = KubeObject & { data?: Record<string, string>; type?: string };

export interface TlsOptions {
  namespace: string;
  /** Name of the Secret. */
  name: string;
  hosts: readonly string[];
  labels: Record<string, string>;
  /** The Secret goes with it. */
  owner?: OwnerReference;
}

export type SecretsClient = Pick<ApiClient, 'get' | 'create' | 'patch'>;

const DAY_MS = 86_400_000;
const ATTEMPTS = 5;

/** A certificate that was read, with the key that it is of. */
interface Held {
  pair: KeyPair;
  certificate: X509Certificate;
}

/** Reads the Secret, and writes it first where it is missing, damaged, old or for other hosts. */
export async function ensureTls(
  client: SecretsClient,
  options: TlsOptions,
  now: number,
): Promise<TlsMaterial> {
  const key = { namespace: options.namespace, name: options.name };
  for (let attempt = 1; ; attempt++) {
    const existing = await find(client, key);
    const authority = existing === undefined ? undefined : heldAuthority(existing, now);
    const held = existing === undefined ? undefined : read(existing, 'tls');
    if (authority !== undefined && held !== undefined && serves(held, authority, options.hosts, now)) {
      return { authority: authority.pair.certificate, server: held.pair };
    }
    const issuer = authority?.pair ?? (await createAuthority(`${options.name} authority`, now));
    const server = await createServerCertificate(issuer, options.hosts, now);
    const data = encode(issuer, server);
    try {
      if (existing === undefined) {
        const { name, namespace, labels, owner } = options;
        const owned = owner === undefined ? {} : { ownerReferences: [owner] };
        const metadata = { name, namespace, labels, ...owned };
        await client.create(SECRETS, options.namespace, { metadata, type: 'Opaque', data });
      } else {
        const { resourceVersion } = existing.metadata;
        const body = { metadata: resourceVersion === undefined ? {} : { resourceVersion }, data };
        await client.patch(SECRETS, key, { kind: 'merge', body });
      }
      return { authority: issuer.certificate, server };
    } catch (error) {
      // Another process was first: take what it wrote, or write where it took the Secret away.
      const isOvertaken = isAlreadyExists(error) || isConflict(error) || isNotFound(error);
      if (attempt >= ATTEMPTS || !isOvertaken) throw error;
    }
  }
}

async function find(
  client: SecretsClient,
  key: { namespace: string; name: string },
): Promise<Secret | undefined> {
  try {
    return await client.get(SECRETS, key);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function encode(authority: KeyPair, server: KeyPair): Record<string, string> {
  const files = {
    'ca.crt': authority.certificate,
    'ca.key': authority.key,
    'tls.crt': server.certificate,
    'tls.key': server.key,
  };
  return Object.fromEntries(
    Object.entries(files).map(([name, pem]) => [name, Buffer.from(pem).toString('base64')]),
  );
}

/** Undefined where the files are missing or damaged, or the key is not the certificate's. */
function read(secret: Secret, name: 'ca' | 'tls'): Held | undefined {
  const file = (end: string): string =>
    Buffer.from(secret.data?.[`${name}.${end}`] ?? '', 'base64').toString('utf8');
  try {
    const pair = { certificate: file('crt'), key: file('key') };
    const certificate = new X509Certificate(pair.certificate);
    return certificate.checkPrivateKey(createPrivateKey(pair.key)) ? { pair, certificate } : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined where it must be made: it is not there, or its end is too near for what it signs. */
function heldAuthority(secret: Secret, now: number): Held | undefined {
  const held = read(secret, 'ca');
  const isOurs = held?.certificate.publicKey.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  return held !== undefined && isOurs && lifeLeft(held.certificate, now) > 365 * DAY_MS ? held : undefined;
}

function serves(server: Held, authority: Held, hosts: readonly string[], now: number): boolean {
  const { certificate } = server;
  const known = hosts.every((host) =>
    isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host),
  );
  const from = Date.parse(certificate.validFrom);
  const fresh = from <= now && lifeLeft(certificate, now) > (Date.parse(certificate.validTo) - from) / 3;
  return known && fresh && certificate.verify(authority.certificate.publicKey);
}

function lifeLeft(certificate: X509Certificate, now: number): number {
  return Date.parse(certificate.validTo) - now;
}
