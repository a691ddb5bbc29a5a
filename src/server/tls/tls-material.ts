/**
 * The operator's TLS material in a Secret of its own: made at the first start, its server certificate renewed at two
 * thirds of its life, its authority a year before its end (stages that run then go on without direct reports).
 */
import { X509Certificate } from 'node:crypto';
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

const DAY_MS = 86_400_000;
const ATTEMPTS = 5;

/** Reads the Secret, and writes it first where it is missing, old or for other hosts. */
export async function ensureTls(client: ApiClient, options: TlsOptions, now: number): Promise<TlsMaterial> {
  const key = { namespace: options.namespace, name: options.name };
  for (let attempt = 1; ; attempt++) {
    const existing = await find(client, key);
    const held = existing === undefined ? undefined : decode(existing);
    const authority =
      held !== undefined && lifeLeft(held.authority.certificate, now) > 365 * DAY_MS
        ? held.authority
        : undefined;
    if (held !== undefined && authority !== undefined && serves(held.server, authority, options.hosts, now)) {
      return { authority: authority.certificate, server: held.server };
    }
    const issuer = authority ?? (await createAuthority(`${options.name} authority`, now));
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
      // Another process was first: take what it wrote.
      if (attempt >= ATTEMPTS || !(isAlreadyExists(error) || isConflict(error))) throw error;
    }
  }
}

async function find(
  client: ApiClient,
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

function decode(secret: Secret): { authority: KeyPair; server: KeyPair } | undefined {
  const file = (name: string): string => Buffer.from(secret.data?.[name] ?? '', 'base64').toString('utf8');
  const authority = { certificate: file('ca.crt'), key: file('ca.key') };
  const server = { certificate: file('tls.crt'), key: file('tls.key') };
  const all = [authority.certificate, authority.key, server.certificate, server.key];
  return all.every((pem) => pem.startsWith('-----BEGIN')) ? { authority, server } : undefined;
}

function serves(server: KeyPair, authority: KeyPair, hosts: readonly string[], now: number): boolean {
  const certificate = new X509Certificate(server.certificate);
  const known = hosts.every((host) =>
    isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host),
  );
  const life = Date.parse(certificate.validTo) - Date.parse(certificate.validFrom);
  const fresh = lifeLeft(server.certificate, now) > life / 3;
  return known && fresh && certificate.verify(new X509Certificate(authority.certificate).publicKey);
}

function lifeLeft(pem: string, now: number): number {
  return Date.parse(new X509Certificate(pem).validTo) - now;
}
