/** Leader election over a real Lease, with the API server killed under it. Default timings. */
import assert from 'node:assert/strict';
import { LeaderElector } from '../../src/kube/leader-election.ts';
import { LEASES } from '../../src/kube/resource.ts';
import { until } from '../../src/kube/testing/until.ts';
import { connect, createNamespace, deleteNamespace, type Subject } from './subject.ts';

describe('leader election beside a real API server', function () {
  this.timeout(180_000);
  const namespace = `e2e-leader-${process.pid}`;
  const name = 'otto';
  const stop = new AbortController();
  const leading = new Set<string>();
  let most = 0;
  let subject: Subject;
  const standing: Promise<void>[] = [];

  before(async () => {
    subject = await connect();
    await createNamespace(subject.client, namespace);
    for (const identity of ['a', 'b', 'c']) standing.push(stand(identity));
  });

  after(async () => {
    stop.abort();
    await Promise.all(standing);
    await deleteNamespace(subject.client, namespace);
  });

  /** As the operator does: who lost the lead stands again. */
  async function stand(identity: string): Promise<void> {
    while (!stop.signal.aborted) {
      const elector = new LeaderElector({ client: subject.client, namespace, name, identity });
      await elector.run(stop.signal, async (lost) => {
        leading.add(identity);
        most = Math.max(most, leading.size);
        await new Promise<void>((resolve) => {
          if (lost.aborted) resolve();
          else lost.addEventListener('abort', () => resolve(), { once: true });
        });
        leading.delete(identity);
      });
    }
  }

  const someoneLeads = (): Promise<void> => until('a leader', () => leading.size === 1, 30_000);

  it('finds one leader', async () => {
    await someoneLeads();
    const { spec, metadata } = await subject.client.get(LEASES, { namespace, name });
    assert.deepEqual([spec?.holderIdentity], [...leading]);
    assert.deepEqual(metadata.labels, undefined);
  });

  it('keeps the leader when the API server is killed and comes back soon', async () => {
    await someoneLeads();
    const [before] = leading;
    const { components, client } = subject;
    await components.stopComponent('kube-apiserver');
    await components.startComponent('kube-apiserver');
    const { renewTime } = (await client.get(LEASES, { namespace, name })).spec ?? {};
    const isRenewed = async (): Promise<boolean> =>
      (await client.get(LEASES, { namespace, name })).spec?.renewTime !== renewTime;
    await until('a renewal', isRenewed, 30_000);
    assert.deepEqual([...leading], [before]);
  });

  it('stops leading in an outage that is too long, and finds a leader after it', async () => {
    await someoneLeads();
    const stoppedAt = performance.now();
    await subject.components.stopComponent('kube-apiserver');
    await until('nobody to lead', () => leading.size === 0, 30_000);
    assert.ok(performance.now() - stoppedAt < 10_000);
    await subject.components.startComponent('kube-apiserver');
    await someoneLeads();
  });

  it('never had two', () => assert.equal(most, 1));
});
