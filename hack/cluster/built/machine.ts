// Starts, mends and stops the processes of one built cluster.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../../tools/go-build.ts';
import { applyAddons } from './addons.ts';
import { Api, eventually } from './api.ts';
import { createCgroups } from './cgroups.ts';
import { type ComponentName, commandOf, componentNames, type Programs } from './components.ts';
import { writeFiles } from './files.ts';
import { answers } from './health.ts';
import { Images } from './images.ts';
import type { Layout } from './layout.ts';
import { createNetwork, insideNetwork, networkExists } from './network.ts';
import { pauseImage, writePauseImage } from './pause-image.ts';
import { recorded, startProcess, stopProcess } from './processes.ts';

export interface MachineOptions {
  readonly layout: Layout;
  readonly programs: Programs & { readonly pause: string; readonly cni: string };
  readonly audit: boolean;
  readonly log: Log;
}

export class Machine {
  readonly #options: MachineOptions;
  readonly layout: Layout;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.layout = options.layout;
  }

  /** Everything a mending start relies on is there: after a reboot the network is not, after a half start the files. */
  canBeMended(): boolean {
    return networkExists(this.layout) && existsSync(join(this.layout.folder, 'started'));
  }

  pid(name: ComponentName): number | undefined {
    return recorded(this.layout.pids, name)?.pid;
  }

  async prepare(): Promise<void> {
    const { layout, programs } = this.#options;
    await createNetwork(layout);
    await writeFiles(layout, { cni: programs.cni, sandboxImage: pauseImage }, new Date());
  }

  /** Starts what does not run, and returns when pods can be created. */
  async start(): Promise<void> {
    const { layout, log } = this.#options;
    const began = Date.now();
    const seconds = (): string => `${((Date.now() - began) / 1000).toFixed(1)} s`;
    this.#launch('etcd', 'containerd', 'kube-apiserver');
    await this.#answering(30_000, 'containerd');
    const images = new Images(layout);
    if (!(await images.has(pauseImage))) {
      const archive = join(layout.folder, 'pause.tar');
      await writePauseImage(this.#options.programs.pause, archive);
      await images.load(archive, pauseImage);
    }
    await this.#answering(60_000, 'etcd', 'kube-apiserver');
    log(`API server ready after ${seconds()}`);
    this.#launch(...componentNames);
    const api = new Api(layout);
    await applyAddons(api, layout);
    await this.#answering(60_000, ...componentNames);
    await eventually(async () => this.#allAlive(componentNames) && (await api.nodeReady()), {
      timeout: 60_000,
      describe: () => `the node ${layout.nodeName} is not Ready: see ${layout.logs}/kubelet.log`,
    });
    log(`node ready after ${seconds()}`);
    await eventually(
      async () => (await api.status('/api/v1/namespaces/default/serviceaccounts/default')) === 200,
      {
        timeout: 60_000,
        describe: () =>
          `the default service account is not there: see ${layout.logs}/kube-controller-manager.log`,
      },
    );
  }

  async healthy(): Promise<boolean> {
    if (componentNames.some((name) => this.pid(name) === undefined)) return false;
    const all = await Promise.all(componentNames.map((name) => answers(name, this.layout)));
    return all.every(Boolean) && (await new Api(this.layout).nodeReady());
  }

  async startComponent(name: ComponentName): Promise<void> {
    this.#launch(name);
    await this.#answering(60_000, name);
  }

  async stopComponent(name: ComponentName, grace: number): Promise<void> {
    await stopProcess(this.layout.pids, name, { grace });
  }

  #launch(...names: readonly ComponentName[]): void {
    const { layout, programs, audit } = this.#options;
    const cgroups = createCgroups(layout.cgroup);
    for (const name of names) {
      startProcess({
        name,
        argv: insideNetwork(layout, commandOf(name, layout, programs, { audit })),
        logFile: join(layout.logs, `${name}.log`),
        pidFolder: layout.pids,
        cgroups,
      });
    }
  }

  async #answering(timeout: number, ...names: readonly ComponentName[]): Promise<void> {
    const waiting = new Set(names);
    await eventually(
      async () => {
        this.#allAlive(names);
        for (const name of waiting) if (await answers(name, this.layout)) waiting.delete(name);
        return waiting.size === 0;
      },
      { timeout, describe: () => `${[...waiting].join(', ')} did not become ready: see ${this.layout.logs}` },
    );
  }

  /** A component that has ended will never answer: say so at once, with its last words. */
  #allAlive(names: readonly ComponentName[]): boolean {
    const dead = names.find((name) => this.pid(name) === undefined);
    if (dead === undefined) return true;
    const file = join(this.layout.logs, `${dead}.log`);
    const words = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').slice(-8).join('\n') : '';
    throw new Error(`${dead} ended by itself; the last lines of ${file}:\n${words}`);
  }
}
