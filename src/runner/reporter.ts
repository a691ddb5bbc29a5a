/**
 * The direct channel to the operator: the newest snapshot, one request at a time. It makes a Run fast and never more
 * than that: when it fails, the termination message tells the same.
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import type { StageReport } from './protocol.ts';

export interface ReporterOptions {
  url: string;
  /** PEM of the only authority that is believed. */
  ca: string;
  /** Read anew for each request: the kubelet renews it. */
  tokenFile: string;
  /** The newest snapshot. */
  report: () => StageReport;
}

/** Between two requests for mere progress. */
const QUIET_MS = 100;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5000;
const REQUEST_MS = 5000;
/** How long the end of the stage may wait for its report to arrive. */
const FAREWELL_MS = 2000;
/** The same where the channel has never worked, or not for a while. */
const SHORT_FAREWELL_MS = 500;
const MANY_FAILURES = 3;
/** A report is an answer of a few bytes; whoever sends more is somebody else. */
const LONGEST_ANSWER = 4096;

type Answer = 'taken' | 'again' | 'refused';

export class Reporter {
  readonly #options: ReporterOptions;
  readonly #agent: Agent;
  readonly #url: URL;
  #dirty = false;
  #sending = false;
  #closed = false;
  #failures = 0;
  #everTaken = false;
  #timer: NodeJS.Timeout | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;
  #onIdle: () => void = () => {};

  /** @throws TypeError for what is no URL. */
  constructor(options: ReporterOptions) {
    this.#options = options;
    const url = new URL(options.url);
    if (url.pathname === '/') url.pathname = '/v1/report';
    this.#url = url;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: 1,
      ca: options.ca,
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
    });
  }

  /** There is something new to tell. */
  changed(): void {
    if (this.#closed) return;
    this.#dirty = true;
    const wait = this.#sentAt + QUIET_MS - performance.now();
    if (this.#failures === 0) this.#sendAfter(Math.max(0, wait));
  }

  /** Sends what is new at once and waits for it, within a limit. */
  async finish(): Promise<void> {
    if (this.#closed) return;
    this.#dirty = true;
    const isDown = this.#failures > 0 && (!this.#everTaken || this.#failures >= MANY_FAILURES);
    const limit = isDown ? SHORT_FAREWELL_MS : FAREWELL_MS;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      setTimeout(resolve, limit);
      this.#sendAfter(0);
    });
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#agent.destroy();
  }

  #sendAfter(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#sending) return;
    this.#timer = setTimeout(() => void this.#send(), ms);
    // The stage's end does not wait for mere progress.
    this.#timer.unref();
  }

  async #send(): Promise<void> {
    if (!this.#dirty || this.#sending || this.#closed) return;
    this.#sending = true;
    this.#dirty = false;
    this.#sentAt = performance.now();
    const answer = await this.#post(JSON.stringify(this.#options.report()));
    this.#sending = false;
    this.#failures = answer === 'again' ? this.#failures + 1 : 0;
    if (answer === 'taken') this.#everTaken = true;
    if (answer === 'again') this.#dirty = true;
    if (!this.#dirty) {
      this.#onIdle();
      return;
    }
    if (this.#failures === 0) this.#sendAfter(Math.max(0, this.#sentAt + QUIET_MS - performance.now()));
    else this.#sendAfter(Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), LAST_RETRY_MS));
  }

  #post(body: string): Promise<Answer> {
    return new Promise((resolve) => {
      let token: string;
      try {
        token = readFileSync(this.#options.tokenFile, 'utf8').trim();
      } catch {
        resolve('again');
        return;
      }
      const sent = request(this.#url, {
        method: 'POST',
        agent: this.#agent,
        timeout: REQUEST_MS,
        headers: {
          Authorization: `Bearer ${token}`,
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(body),
        },
      });
      sent.on('response', (response) => {
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length > LONGEST_ANSWER) response.destroy();
        });
        response.on('error', () => {});
        response.on('close', () => resolve(meaning(response.statusCode ?? 0)));
      });
      sent.on('timeout', () => sent.destroy());
      sent.on('error', () => resolve('again'));
      sent.end(body);
    });
  }
}

/** 401 and 403 too may pass: the operator may not have seen this pod yet, or the token is being renewed. */
function meaning(status: number): Answer {
  if (status >= 200 && status < 300) return 'taken';
  return status === 401 || status === 403 || status === 408 || status === 429 || status >= 500 || status === 0
    ? 'again'
    : 'refused';
}
