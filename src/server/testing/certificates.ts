/** One authority and its server certificate for all tests of a process: making them takes a while. */
import { createAuthority, createServerCertificate, type KeyPair } from '../tls/certificates.ts';

export interface TestCertificates {
  authority: KeyPair;
  server: KeyPair;
}

let made: Promise<TestCertificates> | undefined;

/** For `localhost` and 127.0.0.1. */
export function testCertificates(): Promise<TestCertificates> {
  made ??= make();
  return made;
}

async function make(): Promise<TestCertificates> {
  const authority = await createAuthority('tests authority', Date.now());
  const server = await createServerCertificate(authority, ['localhost', '127.0.0.1'], Date.now());
  return { authority, server };
}
