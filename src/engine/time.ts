/** Times as Kubernetes writes them: RFC 3339 in UTC, whole seconds. */
export function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** Milliseconds since the epoch; undefined for what is absent or no time. */
export function parseTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** The earliest moment at which time alone changes the answer. */
export class Wake {
  readonly #now: number;
  #at: number | undefined;

  constructor(now: number) {
    this.#now = now;
  }

  at(ms: number | undefined): void {
    if (ms !== undefined && (this.#at === undefined || ms < this.#at)) this.#at = ms;
  }

  /** At least a millisecond, so that nobody spins; timers take no more than 31 bits. */
  get afterMs(): number | undefined {
    if (this.#at === undefined) return undefined;
    return Math.min(Math.max(1, Math.ceil(this.#at - this.#now)), 2 ** 31 - 1);
  }
}
