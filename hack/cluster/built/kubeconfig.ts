// kubeconfig files as JSON, which is YAML too: nothing to quote, nothing to parse.
import type { KeyPair } from './certificates.ts';

export interface Access {
  readonly cluster: string;
  readonly server: string;
  readonly authority: string;
  readonly user: string;
  readonly credentials: { readonly token: string } | KeyPair;
}

export function renderKubeconfig({ cluster, server, authority, user, credentials }: Access): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const secret =
    'token' in credentials
      ? { token: credentials.token }
      : {
          'client-certificate-data': base64(credentials.certificate),
          'client-key-data': base64(credentials.key),
        };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': cluster,
    clusters: [{ name: cluster, cluster: { server, 'certificate-authority-data': base64(authority) } }],
    contexts: [{ name: cluster, context: { cluster, user } }],
    users: [{ name: user, user: secret }],
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
