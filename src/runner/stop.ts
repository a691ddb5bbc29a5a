/** Why something must end before its own end, and a signal that carries it from the stage to its steps. */
export type Stop =
  /** TERM came: a cancel, an eviction, the pod's deadline. */
  { kind: 'interrupted' } | { kind: 'timeout'; of: 'step' | 'stage' | 'post'; seconds: number };

/** `setTimeout` cannot wait longer. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

export class StopSource {
  readonly #controller = new AbortController();
  #stop: Stop | undefined;
  #timer: NodeJS.Timeout | undefined;
  #disposed = false;
  #unlink: () => void = () => {};

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Set once it must end; the first reason stays. */
  get stop(): Stop | undefined {
    return this.#stop;
  }

  abort(stop: Stop): void {
    if (this.#stop !== undefined) return;
    this.#stop = stop;
    this.#controller.abort();
  }

  expire(seconds: number, of: 'step' | 'stage' | 'post'): void {
    if (this.#disposed) return;
    const act = (): void => this.abort({ kind: 'timeout', of, seconds });
    this.#timer = setTimeout(act, Math.min(seconds * 1000, LONGEST_WAIT_MS));
    this.#timer.unref();
  }

  /** Ends with this one, and can end alone. Dispose of it. */
  child(): StopSource {
    const child = new StopSource();
    const pass = (): void => {
      if (this.#stop !== undefined) child.abort(this.#stop);
    };
    pass();
    this.signal.addEventListener('abort', pass);
    child.#unlink = () => this.signal.removeEventListener('abort', pass);
    return child;
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
    this.#unlink();
  }
}

/** Resolves after the time or on abort. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, Math.min(ms, LONGEST_WAIT_MS));
    signal.addEventListener('abort', end);
  });
}
