/** The key with which tests come to the git server by ssh: made once for a cluster, kept in a Secret of it. */
import { generateKeyPairSync } from 'node:crypto';

export const KEY_NAMESPACE = 'kube-public';
export const KEY_SECRET = 'otto-e2e-key';

export interface KeyPair {
  /** PEM, as OpenSSH reads it. */
  private: string;
  /** A line of authorized_keys. */
  public: string;
}

export function makeKeyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
  const { e = '', n = '' } = publicKey.export({ format: 'jwk' });
  const fields = [Buffer.from('ssh-rsa'), number(e), number(n)];
  const blob = Buffer.concat(fields.map((field) => Buffer.concat([uint32(field.length), field])));
  return {
    private: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    public: `ssh-rsa ${blob.toString('base64')} e2e`,
  };
}

/** An mpint of RFC 4251: a leading 1 bit would make it negative. */
function number(base64url: string): Buffer {
  const bytes = Buffer.from(base64url, 'base64url');
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
