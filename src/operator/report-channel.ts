/** The report server for as long as somebody leads: where it cannot start, Runs go on without it, only slower. */
import { type Clock, pause } from '../kube/clock.ts';
import { describeError, type Logger } from './logging.ts';
import type { ReportTarget } from './pod/build-pod.ts';
import type { ReportServer } from './report-server.ts';

const AGAIN_MS = 30_000;

export class ReportChannel {
  readonly #start: () => Promise<ReportServer | undefined>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #server: ReportServer | undefined;
  #trying: Promise<void> | undefined;

  /** @param start gives undefined while direct reports are off. */
  constructor(start: () => Promise<ReportServer | undefined>, clock: Clock, logger: Logger) {
    this.#start = start;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Resolves after the first try; further ones follow until the signal aborts. */
  async open(signal: AbortSignal): Promise<void> {
    if (!(await this.#try())) this.#trying = this.#tryAgain(signal);
  }

  target(): ReportTarget | undefined {
    return this.#server?.target();
  }

  /** After the signal of `open` aborted. */
  async close(limitMs: number): Promise<void> {
    await this.#trying;
    await this.#server?.close(limitMs);
  }

  async #tryAgain(signal: AbortSignal): Promise<void> {
    do await pause(this.#clock, AGAIN_MS, signal);
    while (!signal.aborted && !(await this.#try()));
  }

  async #try(): Promise<boolean> {
    try {
      this.#server = await this.#start();
      return true;
    } catch (error) {
      this.#logger.error('direct reports are off: their server cannot start; it is tried again', {
        ...describeError(error),
      });
      return false;
    }
  }
}
