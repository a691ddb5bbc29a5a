/** A container's log followed over the death of the API server. Its image: hack/image examples busybox. */
import assert from 'node:assert/strict';
import type { Pod } from '../../src/api/kubernetes.ts';
import { followLog } from '../../src/kube/logs.ts';
import { PODS } from '../../src/kube/resource.ts';
import { until } from '../../src/kube/testing/until.ts';
import { connect, createNamespace, deleteNamespace, type Subject } from './subject.ts';

const IMAGE = 'localhost/otto-examples/busybox:dev';
const LINES = 300;
const SILENT_SECONDS = 35;

describe('a log beside a real API server', function () {
  this.timeout(300_000);
  const namespace = `e2e-logs-${process.pid}`;
  let subject: Subject;

  before(async () => {
    subject = await connect();
    await createNamespace(subject.client, namespace);
    const account = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
    // Its controller may have lost sight of the API server in the tests before.
    await until(
      'the service account',
      () => subject.client.request('GET', account).then(Boolean, () => false),
      150_000,
    );
  });

  after(() => deleteNamespace(subject.client, namespace));

  async function runScript(name: string, script: string): Promise<void> {
    const { client } = subject;
    const pod: Pod = {
      metadata: { name },
      spec: {
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'main', image: IMAGE, imagePullPolicy: 'Never', command: ['sh', '-c', script] }],
      },
    };
    await client.create(PODS, namespace, pod);
    const hasBegun = async (): Promise<boolean> => {
      const { status } = await client.get(PODS, { namespace, name });
      const state = status?.containerStatuses?.[0]?.state;
      return state?.running !== undefined || state?.terminated !== undefined;
    };
    // A node that had no API server for long takes a while before it is given pods again.
    await until('the container to run', hasBegun, 150_000);
  }

  function follow(pod: string, lines: string[], signal?: AbortSignal): Promise<void> {
    const wanted = { namespace, pod, container: 'main', follow: true };
    const read = async (): Promise<void> => {
      const stop = signal ?? new AbortController().signal;
      for await (const line of followLog(subject.client, { ...wanted, signal: stop })) lines.push(line);
    };
    return read();
  }

  it('loses and doubles no line when the API server is killed and started twice', async () => {
    await runScript('talks', `i=0; while [ $i -lt ${LINES} ]; do echo line $i; i=$((i+1)); sleep 0.05; done`);
    const lines: string[] = [];
    const reading = follow('talks', lines);
    for (let round = 0; round < 2; round++) {
      const from = lines.length;
      await until('some lines', () => lines.length > from + 20, 60_000);
      await subject.components.stopComponent('kube-apiserver');
      await subject.components.startComponent('kube-apiserver');
    }
    assert.ok(lines.length < LINES, 'the server died while the container talked');
    await reading;
    assert.deepEqual(
      lines,
      Array.from({ length: LINES }, (_, i) => `line ${i}`),
    );
  });

  it('waits for a container that says nothing for long', async () => {
    await runScript('silent', `sleep ${SILENT_SECONDS}; echo at last; printf unfinished`);
    const lines: string[] = [];
    await follow('silent', lines);
    assert.deepEqual(lines, ['at last', 'unfinished']);
  });

  it('ends when the pod is deleted, and at once when it is aborted', async () => {
    await runScript('long', 'while :; do echo x; sleep 0.2; done');
    const stop = new AbortController();
    const [deleted, aborted]: [string[], string[]] = [[], []];
    const both = [follow('long', deleted), follow('long', aborted, stop.signal)];
    await until('lines', () => deleted.length > 2 && aborted.length > 2, 30_000);
    stop.abort();
    await both[1];
    await subject.client.delete(PODS, { namespace, name: 'long' });
    await both[0];
  });
});
