/** A container's log, line by line, over any number of connections. */
import { Backoff } from './backoff.ts';
import type { ApiClient } from './client.ts';
import { type Clock, elapsedOf, pause, systemClock } from './clock.ts';
import { ApiError, isNotFound } from './errors.ts';
import { decode, LineSplitter } from './line-splitter.ts';
import { LogPosition } from './log-position.ts';
import { PODS, pathOf } from './resource.ts';

export interface LogOptions {
  namespace: string;
  pod: string;
  container: string;
  /** Until the container has ended; else what there is now. */
  follow: boolean;
  signal: AbortSignal;
  /** RFC 3339. */
  sinceTime?: string;
  /** Only so many lines of what there is at the start. */
  tailLines?: number;
  /** How long the API server may be away before this gives up. */
  outageLimitMs?: number;
  clock?: Clock;
}

const OUTAGE_LIMIT_MS = 300_000;
const LONGEST_LINE = 1 << 20;
/** Answers that say something about the request and not about the server's health. */
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 404]);

/**
 * Lines without their newlines and without the kubelet's timestamps. An abort ends them.
 * @throws ApiError when the log cannot be had at all (404: no such pod, 400: the container has not started), or the
 * server stayed away for longer than the limit.
 */
export async function* followLog(
  client: Pick<ApiClient, 'get' | 'stream'>,
  options: LogOptions,
): AsyncGenerator<string, void, undefined> {
  const { signal, clock = systemClock, outageLimitMs = OUTAGE_LIMIT_MS } = options;
  const backoff = new Backoff({ firstMs: 100, maxMs: 2000, random: () => clock.random() });
  const position = new LogPosition(options.tailLines !== undefined);
  let { follow } = options;
  let hasBegun = false;
  let lastAnswer = elapsedOf(clock);
  while (!signal.aborted) {
    try {
      const answer = await client.stream(pathTo(options, position, follow), signal);
      hasBegun = true;
      position.resume();
      const lines = new LineSplitter({ bytes: LONGEST_LINE, over: 'cut' });
      for await (const chunk of answer) {
        lastAnswer = elapsedOf(clock);
        backoff.reset();
        yield* lines.push(chunk).flatMap((line) => position.take(decode(line)) ?? []);
      }
      if (signal.aborted) return;
      if (!follow) {
        // A last line without its newline; while following it may still grow.
        const rest = decode(lines.rest());
        const line = rest === '' ? undefined : position.take(rest);
        if (line !== undefined) yield line;
        return;
      }
      // Servers that stop end their streams in all form, so that is no sign of the container's end. Where it has ended,
      // what was written since is read once more without following.
      if (await hasEnded(client, options)) {
        follow = false;
        continue;
      }
      lastAnswer = elapsedOf(clock);
    } catch (error) {
      if (signal.aborted) return;
      const isRefused = error instanceof ApiError && REFUSALS.has(error.code);
      if (!hasBegun && isRefused) throw error;
      // The pod was deleted, and its log with it; or the ended container's log is cleared away.
      if (isNotFound(error) || (isRefused && !follow)) return;
      if (elapsedOf(clock) - lastAnswer > outageLimitMs) throw error;
    }
    await pause(clock, backoff.next(), signal);
  }
}

function pathTo(options: LogOptions, position: LogPosition, follow: boolean): string {
  const { namespace, pod, container, sinceTime, tailLines } = options;
  const query = new URLSearchParams({ container, timestamps: 'true' });
  if (follow) query.set('follow', 'true');
  const { since } = position;
  const asked = sinceTime === undefined ? Number.NEGATIVE_INFINITY : Date.parse(sinceTime) / 1000;
  if (since !== undefined && since > asked) query.set('sinceTime', new Date(since * 1000).toISOString());
  else if (sinceTime !== undefined) query.set('sinceTime', sinceTime);
  if (since === undefined && tailLines !== undefined) query.set('tailLines', String(tailLines));
  return `${pathOf(PODS, namespace, pod, 'log')}?${query.toString()}`;
}

async function hasEnded(
  client: Pick<ApiClient, 'get'>,
  { namespace, pod: name, container, signal }: LogOptions,
): Promise<boolean> {
  const { status } = await client.get(PODS, { namespace, name }, { signal });
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return true;
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  return all.find((each) => each.name === container)?.state?.terminated !== undefined;
}
