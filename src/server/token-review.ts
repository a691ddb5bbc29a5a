/** Whose token it is, by the API server's word (TokenReview), remembered for a while by the token's hash. */
import { createHash } from 'node:crypto';
import { TOKEN_AUDIENCE } from '../api/names.ts';
import type { ApiClient } from '../kube/client.ts';

export interface PodIdentity {
  namespace: string;
  name: string;
  uid: string;
}

/** Undefined: no valid token of a pod for this audience. */
export type ReviewToken = (token: string) => Promise<PodIdentity | undefined>;

const REMEMBERED_MS = 5 * 60_000;
const MOST_REMEMBERED = 10_000;
const POD_NAME = 'authentication.kubernetes.io/pod-name';
const POD_UID = 'authentication.kubernetes.io/pod-uid';

interface TokenReview {
  status?: {
    authenticated?: boolean;
    audiences?: string[];
    user?: { username?: string; extra?: Record<string, string[]> };
  };
}

export function tokenReviewer(client: Pick<ApiClient, 'request'>, now: () => number): ReviewToken {
  const known = new Map<string, { until: number; identity: Promise<PodIdentity | undefined> }>();
  return (token) => {
    const hash = createHash('sha256').update(token).digest('base64');
    const held = known.get(hash);
    if (held !== undefined && held.until > now()) return held.identity;
    const identity = ask(client, token);
    known.delete(hash);
    known.set(hash, { until: now() + REMEMBERED_MS, identity });
    if (known.size > MOST_REMEMBERED) {
      const oldest = known.keys().next();
      if (oldest.done !== true) known.delete(oldest.value);
    }
    void forgetUnlessKnown(known, hash, identity);
    return identity;
  };
}

/** Only a yes is remembered: a no may be an outage, and costs the API server no more than it costs the asker. */
async function forgetUnlessKnown(
  known: Map<string, unknown>,
  hash: string,
  identity: Promise<PodIdentity | undefined>,
): Promise<void> {
  const answer = await identity.catch(() => undefined);
  if (answer === undefined) known.delete(hash);
}

async function ask(client: Pick<ApiClient, 'request'>, token: string): Promise<PodIdentity | undefined> {
  const review = await client.request('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token, audiences: [TOKEN_AUDIENCE] },
  });
  const { status }: TokenReview = typeof review === 'object' && review !== null ? review : {};
  if (status?.authenticated !== true || status.audiences?.includes(TOKEN_AUDIENCE) !== true) return undefined;
  const [, , namespace] = /^(system:serviceaccount):([^:]+):/.exec(status.user?.username ?? '') ?? [];
  const name = status.user?.extra?.[POD_NAME]?.[0];
  const uid = status.user?.extra?.[POD_UID]?.[0];
  return namespace === undefined || name === undefined || uid === undefined
    ? undefined
    : { namespace, name, uid };
}

/**
 * The pod that a token says it is of, unproven: enough to turn strangers away without asking the API server.
 * Undefined where the token is not of this shape.
 */
export function claimedPod(token: string): string | undefined {
  const [, payload] = token.split('.');
  if (payload === undefined) return undefined;
  try {
    const claims: { 'kubernetes.io'?: { pod?: { uid?: unknown } } } = JSON.parse(
      Buffer.from(payload, 'base64url').toString('utf8'),
    );
    const uid = claims['kubernetes.io']?.pod?.uid;
    return typeof uid === 'string' ? uid : undefined;
  } catch {
    return undefined;
  }
}
