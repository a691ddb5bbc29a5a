// A cluster of one node from Go modules and Debian's containerd: needs Linux, root and Go, and no image registry.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stateFolder } from '../../tools/folders.ts';
import type { Log } from '../../tools/go-build.ts';
import { withLock } from '../../tools/lock.ts';
import { onPath } from '../../tools/path.ts';
import { tool } from '../../tools/tools.ts';
import { cleanUp } from '../built/cleanup.ts';
import { type ComponentName, componentNames, isComponent } from '../built/components.ts';
import { answers } from '../built/health.ts';
import { Images } from '../built/images.ts';
import { type Layout, layoutOf } from '../built/layout.ts';
import { Machine } from '../built/machine.ts';
import { rangesInUse } from '../built/network.ts';
import { ensurePackages } from '../built/packages.ts';
import { freeSubnets, parseRange, subnetsOf } from '../built/subnets.ts';
import type { Cluster, ClusterOptions, ClusterStatus, Components, Provider } from '../contract.ts';
import { register, registeredNames, registration, unregister } from '../registry.ts';

const quiet: Log = () => {};

export const built: Provider = {
  async unavailable() {
    if (process.platform !== 'linux') return 'it needs Linux';
    if (process.getuid?.() !== 0) return 'it needs root';
    return onPath('go') === undefined ? 'it needs Go (https://go.dev/doc/install)' : undefined;
  },

  async up(options) {
    return await locked(options.name, async () => await start(options));
  },

  async down(name) {
    await locked(name, async () => {
      // The addresses decide nothing of what is taken away.
      await cleanUp(registeredLayout(name) ?? layoutOf(name, subnetsOf(0)));
      await unregister(name);
    });
  },

  async open(name) {
    return toCluster(await machineOf(name, quiet));
  },

  async status(name): Promise<ClusterStatus> {
    const machine = await machineOf(name, quiet);
    const details = await Promise.all(
      componentNames.map(async (component) => {
        const pid = machine.pid(component);
        if (pid === undefined) return `${component}: not running`;
        return `${component}: process ${pid}, ${(await answers(component, machine.layout)) ? 'ready' : 'not ready'}`;
      }),
    );
    return { name, provider: 'built', healthy: await machine.healthy(), details };
  },
};

async function locked<T>(name: string, work: () => Promise<T>): Promise<T> {
  return await withLock(`cluster ${stateFolder()} ${name}`, { timeout: 300_000 }, work);
}

function registeredLayout(name: string): Layout | undefined {
  const index = registration(name)?.index;
  return index === undefined ? undefined : layoutOf(name, subnetsOf(index));
}

async function machineOf(name: string, log: Log): Promise<Machine> {
  const layout = registeredLayout(name);
  if (layout === undefined)
    throw new Error(`there is no cluster ${name}: start it with \`up --name ${name}\``);
  return new Machine({
    layout,
    programs: await programs(log),
    audit: registration(name)?.audit ?? false,
    log,
  });
}

async function programs(
  log: Log,
): Promise<{ kubernetes: string; coredns: string; pause: string; containerd: string; cni: string }> {
  const cni = await ensurePackages(log);
  const kubernetes = await tool('kubernetes', { log });
  const coredns = await tool('coredns', { log });
  const pause = await tool('pause', { log });
  return { kubernetes, coredns, pause, cni, containerd: onPath('containerd') ?? 'containerd' };
}

async function start({ name, audit, log }: ClusterOptions): Promise<Cluster> {
  const known = registeredLayout(name);
  if (known !== undefined) {
    const machine = await machineOf(name, log);
    if (machine.canBeMended()) {
      if (await machine.healthy()) return toCluster(machine);
      try {
        log(`${name}: mending the running cluster`);
        await machine.start();
        return toCluster(machine);
      } catch (error) {
        log(
          `${name}: cannot be mended, starting afresh (${error instanceof Error ? error.message : String(error)})`,
        );
      }
    }
    log(`${name}: removing what is left of an earlier start`);
    await cleanUp(known);
  }
  const ready = await programs(log);
  const layout = await allocate(name, audit);
  const machine = new Machine({ layout, programs: ready, audit, log });
  await machine.prepare();
  await machine.start();
  await writeFile(join(layout.folder, 'started'), '');
  return toCluster(machine);
}

/** Two clusters that start at the same time must not choose the same addresses. */
async function allocate(name: string, audit: boolean): Promise<Layout> {
  return await withLock(`addresses ${stateFolder()}`, { timeout: 60_000 }, async () => {
    // Also what nobody registered: the state folder may have been deleted under a running cluster.
    await cleanUp(layoutOf(name, subnetsOf(0)));
    const subnets = freeSubnets(await taken(name));
    await register(name, { provider: 'built', index: subnets.index, audit });
    return layoutOf(name, subnets);
  });
}

async function taken(name: string): Promise<ReturnType<typeof parseRange>[]> {
  const others = registeredNames()
    .filter((other) => other !== name)
    .map((other) => registration(other)?.index)
    .filter((index) => index !== undefined)
    .map((index) => parseRange(`${subnetsOf(index).hostAddress}/16`));
  return [...(await rangesInUse()), ...others];
}

function toCluster(machine: Machine): Cluster {
  const { layout } = machine;
  const images = new Images(layout);
  return {
    name: layout.name,
    provider: 'built',
    kubeconfig: layout.kubeconfig,
    context: `otto-${layout.name}`,
    loadImage: async (archive, ref) => await images.load(archive, ref),
    hasImage: async (ref) => await images.has(ref),
    components: toComponents(machine),
  };
}

function toComponents(machine: Machine): Components {
  const known = (name: string): ComponentName => {
    if (isComponent(name)) return name;
    throw new Error(`no component is called ${name}: there are ${componentNames.join(', ')}`);
  };
  return {
    names: componentNames,
    componentPid: (name) => machine.pid(known(name)),
    stopComponent: async (name, { grace = 0 } = {}) => await machine.stopComponent(known(name), grace),
    startComponent: async (name) => await machine.startComponent(known(name)),
  };
}
