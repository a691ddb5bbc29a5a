/** Whose token it is, by the API server's word (TokenReview), remembered for a while by the token's hash. */
import { createHash } from 'node:crypto';
import { TOKEN_AUDIENCE } from '../api/names.ts';
import type { ApiClient } from '../kube/client.ts';
import { Recent } from '../kube/recent.ts';

export interface PodIdentity {
  namespace: string;
  name: string;
  uid: string;
}

/** Another token of the same pod was refused just now. */
export class AskedTooSoon extends Error {
  override readonly name = 'AskedTooSoon';
}

/** Undefined: no valid token of a pod for this audience. Rejects with AskedTooSoon, or as the API server's client. */
export type ReviewToken = (token: string) => Promise<PodIdentity | undefined>;

const REMEMBERED_MS = 5 * 60_000;
const MOST_REMEMBERED = 10_000;
/** After a no, and until there is a yes, the same pod is asked about no sooner than this: what runs in it may make up tokens without end. */
const AFTER_NO_MS = 1000;
/** A JSON Web Token, or the beginning of one: errors quote answers up to a length. */
const LOOKS_LIKE_TOKEN = /\beyJ[A-Za-z0-9._-]{10,}/g;
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
  const known = new Recent<string, { until: number; identity: Promise<PodIdentity | undefined> }>(
    MOST_REMEMBERED,
  );
  /** By the pod that a token claims to be of: until when no other token of it is asked about. */
  const waits = new Recent<string, number>(MOST_REMEMBERED);
  return (token) => {
    const hash = createHash('sha256').update(token).digest('base64');
    const held = known.get(hash);
    if (held !== undefined && held.until > now()) return held.identity;
    const claimed = claimedPod(token) ?? '';
    if ((waits.get(claimed) ?? 0) > now()) return Promise.reject(new AskedTooSoon());
    waits.set(claimed, now() + AFTER_NO_MS);
    // Only a yes is remembered: a no may be an outage.
    const identity = ask(client, token).then(
      (answer) => {
        if (answer === undefined) known.delete(hash);
        else waits.delete(claimed);
        return answer;
      },
      (error: unknown) => {
        known.delete(hash);
        waits.delete(claimed);
        throw error;
      },
    );
    known.set(hash, { until: now() + REMEMBERED_MS, identity });
    return identity;
  };
}

async function ask(client: Pick<ApiClient, 'request'>, token: string): Promise<PodIdentity | undefined> {
  const review = await post(client, token);
  const { status }: TokenReview = typeof review === 'object' && review !== null ? review : {};
  if (status?.authenticated !== true || status.audiences?.includes(TOKEN_AUDIENCE) !== true) return undefined;
  const [, , namespace] = /^(system:serviceaccount):([^:]+):/.exec(status.user?.username ?? '') ?? [];
  const name = status.user?.extra?.[POD_NAME]?.[0];
  const uid = status.user?.extra?.[POD_UID]?.[0];
  return namespace === undefined || name === undefined || uid === undefined
    ? undefined
    : { namespace, name, uid };
}

/** Rejects without the token, whatever the answer repeats of the request: errors go to logs. */
function post(client: Pick<ApiClient, 'request'>, token: string): Promise<unknown> {
  const review = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token, audiences: [TOKEN_AUDIENCE] },
  };
  return client
    .request('POST', '/apis/authentication.k8s.io/v1/tokenreviews', review)
    .catch((error: unknown) => Promise.reject(withoutToken(error)));
}

function withoutToken(error: unknown): Error {
  const said = error instanceof Error ? error.message : String(error);
  return new Error(said.replaceAll(LOOKS_LIKE_TOKEN, '***'));
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
