import assert from 'node:assert/strict';
import { aPlan, aStage } from '../testing/engine/builders.ts';
import { Driven } from '../testing/engine/driven.ts';

const plan = aPlan([aStage('a', { retries: { infrastructure: 0 } })]);

describe('a stage whose pod is refused', () => {
  const refuse = (run: Driven, message: string, code = 403): void => {
    run.refusals.set('a', { code, reason: 'Forbidden', message, since: run.now });
  };

  it('says so by name at once, waits, and starts when there is room', () => {
    const run = new Driven(plan);
    refuse(run, 'pods "demo-a-1" is forbidden: exceeded quota: team, requested: cpu=1');
    run.pass();
    assert.equal(run.shown, 'a:Waiting/QuotaExceeded');
    assert.match(run.stage('a')?.message ?? '', /exceeded quota: team/);
    run.refusals.clear();
    run.after(60).pass();
    assert.equal(run.shown, 'a:Starting');
  });

  it('is Lost after the limit, which a restart of the operator does not begin anew', () => {
    const run = new Driven(plan);
    refuse(run, 'exceeded quota: team');
    run.pass();
    run.after(400);
    refuse(run, 'exceeded quota: team');
    run.pass();
    run.after(200).pass();
    assert.equal(run.shown, 'a:Lost/QuotaExceeded');
  });

  for (const { message, code, is } of [
    { message: 'violates PodSecurity "restricted:latest": runAsNonRoot', code: 403, is: 'PodSecurity' },
    { message: 'Pod "demo-a-1" is invalid: spec.volumes', code: 422, is: 'PodInvalid' },
    {
      message: 'unable to create: namespace team is being terminated',
      code: 403,
      is: 'NamespaceTerminating',
    },
    { message: 'failed quota: team: must specify limits.cpu', code: 403, is: 'QuotaUnmet' },
  ]) {
    it(`is Lost at once when no waiting can help (${is})`, () => {
      const run = new Driven(plan);
      refuse(run, message, code);
      run.pass();
      assert.equal(run.shown, `a:Lost/${is}`);
    });
  }

  for (const { message, is } of [
    {
      message: 'error looking up service account team/ci: serviceaccount "ci" not found',
      is: 'ServiceAccountMissing',
    },
    { message: 'admission webhook "policy.x" denied the request: no', is: 'AdmissionDenied' },
  ]) {
    it(`waits for what may still come (${is})`, () => {
      const run = new Driven(plan);
      refuse(run, message);
      run.pass();
      assert.equal(run.shown, `a:Waiting/${is}`);
    });
  }
});
