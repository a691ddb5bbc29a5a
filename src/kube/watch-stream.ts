/** One watch: its events as they come, ending when the server ends it, failing on anything that is not well-formed. */
import { StringDecoder } from 'node:string_decoder';
import type { KubeObject } from '../api/kubernetes.ts';
import { ApiError, errorFrom } from './errors.ts';
import { readBody, type Transport } from './transport.ts';

export type WatchEvent<T> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T }
  /** Only the resourceVersion is meaningful. */
  | { type: 'BOOKMARK'; object: KubeObject };

/** The server closes a watch at timeoutSeconds; one that is silent for this much longer is dead. */
const STALL_MARGIN_MS = 15_000;
const MAX_LINE = 16 << 20;

export async function* readWatch<T extends KubeObject>(
  transport: Transport,
  path: string,
  timeoutSeconds: number,
  signal: AbortSignal,
  onAnswer: (code: number) => void,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  const answer = await transport.send({ method: 'GET', path, signal });
  const code = answer.statusCode ?? 0;
  onAnswer(code);
  if (code !== 200)
    throw errorFrom(code, await readBody(answer), `GET ${path}`, answer.headers['retry-after']);
  const deadline = setTimeout(
    () => answer.destroy(new Error('the watch outlived its own limit')),
    timeoutSeconds * 1000 + STALL_MARGIN_MS,
  );
  const decoder = new StringDecoder('utf8');
  let rest = '';
  try {
    for await (const chunk of answer) {
      rest += decoder.write(chunk);
      let from = 0;
      for (let end = rest.indexOf('\n', from); end !== -1; end = rest.indexOf('\n', from)) {
        if (end > from) yield parseEvent<T>(rest.slice(from, end), path);
        from = end + 1;
      }
      rest = from === 0 ? rest : rest.slice(from);
      if (rest.length > MAX_LINE)
        throw new ApiError(0, 'Malformed', `GET ${path}: an event over ${MAX_LINE} bytes`);
    }
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof ApiError) throw error;
    throw new ApiError(0, 'Unreachable', `GET ${path}: ${String(error)}`, undefined, error);
  } finally {
    clearTimeout(deadline);
    answer.destroy();
  }
  if (rest.trim() !== '' && !signal.aborted) {
    throw new ApiError(0, 'Truncated', `GET ${path}: the stream ended in the middle of an event`);
  }
}

function parseEvent<T>(line: string, path: string): WatchEvent<T> {
  let event: { type: string; object: { code?: number } };
  try {
    event = JSON.parse(line);
  } catch (error) {
    throw new ApiError(0, 'Malformed', `GET ${path}: an event is not JSON`, undefined, error);
  }
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
    case 'BOOKMARK':
      return event as unknown as WatchEvent<T>;
    case 'ERROR':
      throw errorFrom(event.object.code ?? 500, JSON.stringify(event.object), `GET ${path}`);
    default:
      throw new ApiError(0, 'Malformed', `GET ${path}: an event of the unknown type ${event.type}`);
  }
}
