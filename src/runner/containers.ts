/** The user's containers of a stage, opened at the start and asked for by name. */
import { join } from 'node:path';
import { UserContainer } from './container.ts';
import { messageOf } from './outcome.ts';

export type Found = { container: UserContainer } | { lost: string };

export class Containers {
  readonly #byName = new Map<string, Found>();
  readonly #first: string | undefined;
  readonly #waitMs: number;

  /** @param waitMs how long a container may take to come up: its image may have to be pulled first. */
  constructor(io: string, names: readonly string[], waitMs: number) {
    this.#first = names[0];
    this.#waitMs = waitMs;
    for (const name of names) this.#byName.set(name, open(name, join(io, name)));
  }

  /** The one that a step without `container` runs in, where no name is given. Waits until it is up. */
  async ready(name: string | undefined, signal: AbortSignal): Promise<Found> {
    const wanted = name ?? this.#first;
    if (wanted === undefined) return { lost: 'the stage has no container for scripts: give it an image' };
    const found = this.#byName.get(wanted) ?? { lost: `there is no container ${wanted} in this stage` };
    if ('lost' in found || found.container.isUp || found.container.lost !== undefined) return asLost(found);
    const { container } = found;
    if (await within(container.whenUp(), this.#waitMs, signal)) return asLost(found);
    if (signal.aborted) return { lost: `container ${wanted} was not up yet` };
    return { lost: `container ${wanted} did not start within ${this.#waitMs / 1000} s` };
  }

  /** Settles when each has begun or is lost. */
  async allUp(): Promise<void> {
    const opened = [...this.#byName.values()].flatMap((found) =>
      'container' in found ? [found.container] : [],
    );
    await Promise.all(opened.map((container) => container.whenUp()));
  }

  /** Why the container cannot take a step now, without waiting for it. */
  missing(name: string | undefined): string | undefined {
    const wanted = name ?? this.#first ?? '';
    const found = asLost(this.#byName.get(wanted) ?? { lost: `there is no container ${wanted}` });
    if ('lost' in found) return found.lost;
    return found.container.isUp ? undefined : `container ${wanted} is not up`;
  }

  /** Ends the containers' loops. */
  close(): void {
    for (const found of this.#byName.values()) if ('container' in found) found.container.close();
  }
}

function open(name: string, folder: string): Found {
  try {
    return { container: new UserContainer(name, folder) };
  } catch (error) {
    return { lost: `the folder shared with container ${name} cannot be used: ${messageOf(error)}` };
  }
}

function asLost(found: Found): Found {
  if ('lost' in found || found.container.lost === undefined) return found;
  return { lost: found.container.lost };
}

/** @returns whether `event` came, rather than the time's end or the abort. */
function within(event: Promise<void>, ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (came: boolean): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      resolve(came);
    };
    const stop = (): void => settle(false);
    const timer = setTimeout(stop, ms);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
    void event.then(() => settle(true));
  });
}
