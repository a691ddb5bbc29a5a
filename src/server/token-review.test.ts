import assert from 'node:assert/strict';
import { aToken, ReviewApi } from './testing/review-api.ts';
import { claimedPod, tokenReviewer } from './token-review.ts';

const MINUTE_MS = 60_000;

describe('whose token it is', () => {
  let api: ReviewApi;
  let now: number;
  const review = (): ReturnType<typeof tokenReviewer> => tokenReviewer(api, () => now);

  beforeEach(() => {
    api = new ReviewApi();
    now = 0;
  });

  it('is what the API server says', async () => {
    const token = api.know(aToken('claimed'), 'proven', { name: 'demo-build-1', namespace: 'team' });
    assert.deepEqual(await review()(token), { uid: 'proven', name: 'demo-build-1', namespace: 'team' });
  });

  it('is asked once for many reports at a time, and again after five minutes', async () => {
    const token = api.know(aToken('a'), 'a');
    const ask = review();
    await Promise.all([ask(token), ask(token), ask(token)]);
    now += 5 * MINUTE_MS - 1;
    await ask(token);
    assert.equal(api.asked.length, 1);
    now += 1;
    await ask(token);
    assert.equal(api.asked.length, 2);
  });

  it('is asked again after a no: the API server may learn of the pod', async () => {
    const token = aToken('a');
    const ask = review();
    assert.equal(await ask(token), undefined);
    api.know(token, 'a');
    now += 1000;
    assert.notEqual(await ask(token), undefined);
  });

  it('is not asked for each token that a pod makes up, and for those of other pods meanwhile', async () => {
    const ask = review();
    const made = Array.from({ length: 50 }, (_, i) => ask(aToken('a', `made up ${i}`)));
    const ends = await Promise.allSettled(made);
    assert.equal(ends.filter(({ status }) => status === 'rejected').length, 49);
    assert.notEqual(await ask(api.know(aToken('b'), 'b')), undefined);
    assert.equal(api.asked.length, 2);
  });

  it('is asked again after a failure', async () => {
    const token = api.know(aToken('a'), 'a');
    const ask = review();
    api.failure = new Error('away');
    await assert.rejects(ask(token), /away/);
    api.failure = undefined;
    assert.equal((await ask(token))?.uid, 'a');
  });

  for (const [what, status] of [
    ['not authenticated', { authenticated: false, audiences: ['otto'] }],
    ['of another audience', { authenticated: true, audiences: ['other'] }],
    ['of no audience, as an API server says that does not know audiences', { authenticated: true }],
    [
      'of a user',
      { authenticated: true, audiences: ['otto'], user: { username: 'jane', extra: pod('a', 'b') } },
    ],
    [
      'of a service account without a pod',
      { authenticated: true, audiences: ['otto'], user: { username: 'system:serviceaccount:team:default' } },
    ],
    [
      'of a pod without a uid',
      {
        authenticated: true,
        audiences: ['otto'],
        user: {
          username: 'system:serviceaccount:team:default',
          extra: { 'authentication.kubernetes.io/pod-name': ['a'] },
        },
      },
    ],
  ] as const) {
    it(`is nobody's when it is ${what}`, async () => {
      const ask = tokenReviewer({ request: () => Promise.resolve({ status }) }, () => 0);
      assert.equal(await ask(aToken('a')), undefined);
    });
  }

  it("is nobody's when the answer is no TokenReview", async () => {
    for (const answer of [undefined, null, 'ok', {}, { status: null }]) {
      const ask = tokenReviewer({ request: () => Promise.resolve(answer) }, () => 0);
      assert.equal(await ask(aToken('a')), undefined);
    }
  });
});

describe('the pod that a token says it is of', () => {
  const claims = (payload: string): string => `a.${Buffer.from(payload).toString('base64url')}.c`;

  it('is read from its claims', () => assert.equal(claimedPod(aToken('uid-1')), 'uid-1'));

  for (const [what, token] of [
    ['no token', 'abc'],
    ['no JSON', claims('{')],
    ['null', claims('null')],
    ['a number', claims('1')],
    ['a token of no pod', claims('{"kubernetes.io":{"namespace":"team"}}')],
    ['a uid that is no text', claims('{"kubernetes.io":{"pod":{"uid":1}}}')],
    ['a pod that is null', claims('{"kubernetes.io":{"pod":null}}')],
  ] as const) {
    it(`is none for ${what}`, () => assert.equal(claimedPod(token), undefined));
  }
});

function pod(name: string, uid: string): Record<string, string[]> {
  return {
    'authentication.kubernetes.io/pod-name': [name],
    'authentication.kubernetes.io/pod-uid': [uid],
  };
}
