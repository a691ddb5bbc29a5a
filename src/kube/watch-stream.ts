/** One watch: its events as they come, ending when the server ends it, failing on anything that is not well-formed. */
import type { KubeObject } from '../api/kubernetes.ts';
import { ApiError, errorFrom } from './errors.ts';
import { decode, LineSplitter } from './line-splitter.ts';
import { readBody, type Transport } from './transport.ts';

export type WatchEvent<T> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T }
  /** Only the resourceVersion is meaningful. */
  | { type: 'BOOKMARK'; object: KubeObject };

export interface WatchRequest {
  path: string;
  timeoutSeconds: number;
  /** Fails when no byte came for so long. */
  silenceMs?: number;
  signal: AbortSignal;
  onAnswer: (code: number) => void;
}

/** The server closes a watch at timeoutSeconds; one that is silent for this much longer is dead. */
const STALL_MARGIN_MS = 15_000;
const MAX_LINE = 16 << 20;

export async function* readWatch<T extends KubeObject>(
  transport: Transport,
  { path, timeoutSeconds, silenceMs, signal, onAnswer }: WatchRequest,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  // Without the query, so that the same trouble reads the same each time.
  const where = `WATCH ${path.split('?')[0]}`;
  const limit = timeoutSeconds * 1000 + STALL_MARGIN_MS;
  const timeoutMs = silenceMs === undefined ? {} : { timeoutMs: silenceMs };
  const answer = await transport.send({ method: 'GET', path, signal, streams: true, ...timeoutMs });
  const code = answer.statusCode ?? 0;
  onAnswer(code);
  if (code !== 200) throw errorFrom(code, await readBody(answer), where, answer.headers['retry-after']);
  const deadline = setTimeout(() => answer.destroy(new Error('the watch outlived its own limit')), limit);
  const silence = setTimeout(() => answer.destroy(new Error('the watch fell silent')), silenceMs ?? limit);
  const lines = new LineSplitter({ bytes: MAX_LINE, over: 'throw' });
  try {
    for await (const chunk of answer) {
      silence.refresh();
      for (const line of lines.push(chunk)) {
        if (line.length > 0) yield parseEvent<T>(line, where);
      }
    }
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof ApiError) throw error;
    throw new ApiError(0, 'Unreachable', `${where}: ${String(error)}`, undefined, error);
  } finally {
    clearTimeout(deadline);
    clearTimeout(silence);
    answer.destroy();
  }
  if (decode(lines.rest()).trim() !== '' && !signal.aborted) {
    throw new ApiError(0, 'Truncated', `${where}: the stream ended in the middle of an event`);
  }
}

function parseEvent<T>(line: Buffer, where: string): WatchEvent<T> {
  let event: { type?: unknown; object?: { code?: number; metadata?: { resourceVersion?: unknown } } };
  try {
    event = JSON.parse(decode(line));
  } catch (error) {
    throw new ApiError(0, 'Malformed', `${where}: an event is not JSON`, undefined, error);
  }
  switch (event?.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
    case 'BOOKMARK':
      if (typeof event.object?.metadata?.resourceVersion !== 'string') {
        throw new ApiError(0, 'Malformed', `${where}: an event without a resourceVersion`);
      }
      // The edge: under a kind's path the server sends that kind.
      return event as unknown as WatchEvent<T>;
    case 'ERROR':
      throw errorFrom(event.object?.code ?? 500, JSON.stringify(event.object), where);
    default:
      throw new ApiError(0, 'Malformed', `${where}: an event of the unknown type ${String(event?.type)}`);
  }
}
