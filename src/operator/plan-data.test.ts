import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import type { Plan } from '../plan/plan.ts';
import { aPlan, aStage } from '../testing/engine/builders.ts';
import { packPlan, unpackPlan } from './plan-data.ts';

/** A plan of about so many bytes. */
function aPlanOf(bytes: number): Plan {
  let script = '';
  for (let line = 0; script.length < 60_000; line++) script += `make target-${line}\n`;
  const stages = Array.from({ length: Math.ceil(bytes / 60_000) }, (_, index) =>
    aStage(`s${index}`, { steps: [{ sh: script }] }),
  );
  return aPlan(stages);
}

/** As it comes back from the API server. */
function stored(data: object): unknown {
  return JSON.parse(JSON.stringify(data));
}

describe('a plan as data of a ControllerRevision', () => {
  it('is one text, whose bytes no rewriting of the object changes', () => {
    const plan = aPlan([aStage('a', { when: "'a' < 'b' && 'c' > 'b'" })]);
    const packed = packPlan(plan);
    assert.match(JSON.stringify(packed), /^\{"gzip":"[A-Za-z0-9+/=]+"\}$/);
    assert.deepEqual(unpackPlan(stored(packed)), plan);
  });

  it('fits a request also where it is large, and is the same when it is unpacked', () => {
    const plan = aPlanOf(3_000_000);
    const packed = packPlan(plan);
    assert.deepEqual(Object.keys(packed), ['gzip']);
    assert.ok(JSON.stringify(packed).length < 1_400_000, 'fits a request to etcd');
    assert.deepEqual(unpackPlan(stored(packed)), plan);
  });

  const gzip = (text: string): { gzip: string } => ({ gzip: gzipSync(text).toString('base64') });
  for (const [what, data] of [
    ['nothing', undefined],
    ['null', null],
    ['a list', []],
    ['an object of another kind', { replicas: 1 }],
    ['a plan of another version', { version: 2, stages: [] }],
    ['a packed plan of another version', gzip('{"version":2,"stages":[]}')],
    ['packed text that is no JSON', gzip('{')],
    ['a packed null', gzip('null')],
    ['what is packed in another way', { gzip: Buffer.from('{"version":1,"stages":[]}').toString('base64') }],
    [
      'a packed plan that is cut',
      { gzip: gzipSync('{"version":1,"stages":[]}').subarray(0, 15).toString('base64') },
    ],
    ['a number where text is', { gzip: 1 }],
    [
      'a packed plan that grows beyond any plan',
      gzip(`{"version":1,"stages":[],"x":"${' '.repeat(20 << 20)}"}`),
    ],
  ] as const) {
    it(`is none in ${what}`, () => assert.equal(unpackPlan(data), undefined));
  }
});
