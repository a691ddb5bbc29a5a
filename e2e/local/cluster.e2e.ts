/** The built cluster itself, on clusters of its own (Linux, root): parts that stop, all killed at once, and nothing left. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupMounts } from '../../hack/cluster/built/cgroups.ts';
import { type Layout, layoutOf } from '../../hack/cluster/built/layout.ts';
import { subnetsOf } from '../../hack/cluster/built/subnets.ts';
import { down, open, status, up } from '../../hack/cluster/cluster.ts';
import type { Cluster } from '../../hack/cluster/contract.ts';
import { exampleImage } from '../../hack/image/examples.ts';
import { type Kubectl, kubectlOf } from '../../hack/install/kubectl.ts';
import { loadOnce } from '../../hack/install/load.ts';
import { run } from '../../hack/tools/command.ts';

const FIRST = 'selftest-a';
const SECOND = 'selftest-b';
const IMAGE = 'localhost/selftest:1';
const READY_S = 90;

describe('the cluster built from Go modules', function () {
  this.timeout(240_000);
  let first: Cluster;
  let second: Cluster;
  let kubectl: Kubectl;

  before(async () => {
    // At the same time: they must not choose the same addresses.
    const start = (name: string): Promise<Cluster> => up({ name, provider: 'built' });
    [first, second] = await Promise.all([start(FIRST), start(SECOND)]);
    kubectl = await kubectlOf(first);
    await loadOnce(first, (await exampleImage('busybox', () => {})).archive, [IMAGE]);
    await kubectl(['create', '-f', '-'], { input: JSON.stringify(aDeployment) });
    await rolledOut();
  });
  after(async () => {
    await Promise.all([FIRST, SECOND].map((name) => down(name)));
  });

  const rolledOut = (): Promise<string> =>
    kubectl(['rollout', 'status', 'deployment/sleeper', `--timeout=${READY_S}s`], {
      timeout: (READY_S + 5) * 1000,
    });
  /** A pod that ends by itself: scheduler, kubelet, runtime and controllers all have to work. */
  async function podSucceeds(name: string): Promise<void> {
    await kubectl([
      'run',
      name,
      `--image=${IMAGE}`,
      '--image-pull-policy=Never',
      '--restart=Never',
      '--',
      'true',
    ]);
    const ended = ['--for=jsonpath={.status.phase}=Succeeded', `--timeout=${READY_S}s`];
    await kubectl(['wait', `pod/${name}`, ...ended], { timeout: (READY_S + 5) * 1000 });
  }

  it('answers for its names in pods, and says of all others that they do not exist', async () => {
    const script = 'nslookup kubernetes.default.svc.cluster.local && ! nslookup example.invalid';
    await kubectl(['exec', 'deployment/sleeper', '--', 'sh', '-c', script]);
  });

  it('stops and starts each of its components, and works as before', async () => {
    const { components } = first;
    assert.ok(components);
    for (const name of components.names) {
      await components.stopComponent(name);
      assert.equal(components.componentPid(name), undefined, name);
      assert.equal((await status(FIRST))?.healthy, false, `healthy without ${name}`);
      await components.startComponent(name);
    }
    await podSucceeds('after-each');
    await rolledOut();
  });

  it('is mended after everything of it was killed at once: objects are kept, pods run again', async () => {
    await killAll(FIRST);
    assert.equal((await status(FIRST))?.healthy, false);
    await up({ name: FIRST });
    assert.equal((await status(FIRST))?.healthy, true);
    await podSucceeds('after-all');
    await rolledOut();
  });

  it('is not touched by what happens to another', async () => {
    const pids = second.components?.names.map((name) => second.components?.componentPid(name));
    await down('selftest-none');
    await killAll(FIRST);
    await down(FIRST);
    assert.equal((await status(SECOND))?.healthy, true);
    const now = await open(SECOND);
    assert.deepEqual(
      now.components?.names.map((name) => now.components?.componentPid(name)),
      pids,
    );
    await (await kubectlOf(second))(['get', 'nodes']);
  });

  it('leaves nothing behind, and may be taken down twice', async () => {
    await Promise.all([FIRST, SECOND].map((name) => down(name)));
    await down(FIRST);
    for (const name of [FIRST, SECOND]) assert.deepEqual(await leftovers(layout(name)), []);
  });
});

const aDeployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'sleeper' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'sleeper' } },
    template: {
      metadata: { labels: { app: 'sleeper' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'main', image: IMAGE, imagePullPolicy: 'Never', command: ['sleep', '100000'] }],
      },
    },
  },
};

function layout(name: string): Layout {
  return layoutOf(name, subnetsOf(0));
}

/** Processes whose command line names the cluster's folder: its components, and the shims of its pods. */
function processesOf(name: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((entry) => {
      try {
        return readFileSync(join('/proc', entry, 'cmdline'), 'utf8').includes(`${layout(name).folder}/`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function killAll(name: string): Promise<void> {
  for (const pid of processesOf(name)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It went with another.
    }
  }
  const since = Date.now();
  while (processesOf(name).length > 0) {
    assert.ok(Date.now() - since < 10_000, 'processes outlive SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function leftovers({ folder, netns, link, cgroup, name }: Layout): Promise<string[]> {
  const routes = (await run(['ip', '-4', 'route', 'show', 'table', 'all'])).stdout;
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
  const logs = '/var/log/containers';
  const links = existsSync(logs) ? (await run(['ls', '-l', logs])).stdout : '';
  return [
    ...processesOf(name).map((pid) => `process ${pid}`),
    ...[folder, `/run/netns/${netns}`, `/sys/class/net/${link}`].filter((path) => existsSync(path)),
    ...cgroupMounts()
      .map((mount) => join(mount, cgroup))
      .filter((path) => existsSync(path)),
    ...(routes.includes(` ${link} `) ? ['a route'] : []),
    ...(mounts.includes(`${folder}/`) ? ['a mount'] : []),
    ...(links.includes(`${folder}/`) ? ['a link to a log'] : []),
  ];
}
