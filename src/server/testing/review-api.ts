/** The API server's TokenReview, for tokens that the test knows. */
import { TOKEN_AUDIENCE } from '../../api/names.ts';

export interface KnownToken {
  uid: string;
  name: string;
  namespace: string;
  audiences?: string[];
}

/** A token of the shape that the API server makes, not signed. */
export function aToken(podUID: string, salt = ''): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { aud: [TOKEN_AUDIENCE], 'kubernetes.io': { pod: { uid: podUID } }, salt };
  return `${part({ alg: 'RS256' })}.${part(claims)}.signature`;
}

export class ReviewApi {
  readonly tokens: Map<string, KnownToken> = new Map();
  readonly asked: string[] = [];
  /** Thrown in place of an answer. */
  failure: Error | undefined;

  know(token: string, podUID: string, more: Partial<KnownToken> = {}): string {
    this.tokens.set(token, { uid: podUID, name: `pod-${podUID}`, namespace: 'team', ...more });
    return token;
  }

  request(_method: string, _path: string, body?: object): Promise<unknown> {
    const { spec }: { spec?: { token?: string; audiences?: string[] } } = body ?? {};
    this.asked.push(spec?.token ?? '');
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const known = this.tokens.get(spec?.token ?? '');
    const audiences = (known?.audiences ?? [TOKEN_AUDIENCE]).filter((name) =>
      spec?.audiences?.includes(name),
    );
    if (known === undefined || audiences.length === 0)
      return Promise.resolve({ status: { authenticated: false, error: 'not valid' } });
    return Promise.resolve({
      status: {
        authenticated: true,
        audiences,
        user: {
          username: `system:serviceaccount:${known.namespace}:default`,
          extra: {
            'authentication.kubernetes.io/pod-name': [known.name],
            'authentication.kubernetes.io/pod-uid': [known.uid],
          },
        },
      },
    });
  }
}
