/** A container's log behind the log API: lines with the times at which the kubelet took them. */
import type { ServerResponse } from 'node:http';
import { answer, status } from './fake-api.ts';
import type { FakeHandler } from './http-server.ts';

export class FakeLog {
  readonly #lines: { stamp: string; second: number; text: string }[] = [];
  readonly #followers = new Set<ServerResponse>();
  readonly queries: URLSearchParams[] = [];
  hasEnded = false;
  isGone = false;
  /** Stands in for the next answers. */
  readonly faults: ((response: ServerResponse) => void)[] = [];

  /** @param time seconds after a fixed hour. */
  write(time: number, text: string): void {
    const stamp = new Date(Date.UTC(2026, 0, 1, 12) + Math.floor(time) * 1000).toISOString().slice(0, 19);
    const line = { stamp: `${stamp}.${time.toFixed(9).split('.')[1]}Z`, second: time, text };
    this.#lines.push(line);
    for (const follower of this.#followers) follower.write(`${line.stamp} ${line.text}\n`);
  }

  get following(): number {
    return this.#followers.size;
  }

  /** Tears the answers: with a piece of a line, by a reset, or in all form as a server that stops does. */
  cut(how: 'torn' | 'reset' | 'closed'): void {
    for (const follower of this.#followers) {
      if (how === 'torn') follower.write('2026-01-01T12:00:0');
      if (how === 'closed') follower.end();
      else setImmediate(() => follower.socket?.resetAndDestroy());
    }
    this.#followers.clear();
  }

  end(): void {
    this.hasEnded = true;
    this.cut('closed');
  }

  readonly handler: FakeHandler = (request, response) => {
    const url = new URL(request.url ?? '/', 'http://fake');
    if (this.isGone) {
      answer(response, 404, status(404, 'NotFound'));
      return;
    }
    if (!url.pathname.endsWith('/log')) {
      const state = this.hasEnded ? { terminated: { exitCode: 0 } } : { running: {} };
      answer(response, 200, { metadata: {}, status: { containerStatuses: [{ name: 'main', state }] } });
      return;
    }
    this.queries.push(url.searchParams);
    const fault = this.faults.shift();
    if (fault === undefined) this.#serve(url.searchParams, response);
    else fault(response);
  };

  #serve(query: URLSearchParams, response: ServerResponse): void {
    response.writeHead(200);
    response.flushHeaders();
    const since = query.get('sinceTime');
    // As the kubelet: whole seconds.
    const from = since === null ? '' : since.slice(0, 19);
    const tail = query.get('tailLines');
    const wanted = this.#lines.filter(({ stamp }) => stamp.slice(0, 19) >= from);
    const shown = tail === null ? wanted : wanted.slice(-Number(tail));
    for (const { stamp, text } of shown) response.write(`${stamp} ${text}\n`);
    if (query.get('follow') !== 'true' || this.hasEnded) response.end();
    else this.#followers.add(response);
  }
}
