/** POST /v1/report: the fast channel of a stage's runner. A runner speaks only for its own pod. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { StageReport } from '../runner/protocol.ts';
import { parseReport, ReportError } from '../runner/report-parser.ts';
import { AskedTooSoon, claimedPod, type ReviewToken } from './token-review.ts';

const MOST_BYTES = 64 * 1024;

/** The stage attempt that a pod was made for. */
export interface StageOfPod {
  run: string;
  stage: string;
  attempt: number;
}

export interface ReportsOptions {
  review: ReviewToken;
  /** Undefined: not a stage pod that is known. */
  findStage(podUID: string): StageOfPod | undefined;
  /** 'stale': an equal or later one was there already. */
  accept(podUID: string, report: StageReport): 'new' | 'stale';
  /** Called with each answer's status. */
  onAnswer(code: number): void;
  onError(error: unknown): void;
}

interface Answer {
  code: number;
  message: string;
  headers?: { readonly [name: string]: string };
}

const NO_CONTENT: Answer = { code: 204, message: '' };

export function reportsHandler(options: ReportsOptions): RequestListener {
  return (request, response) => {
    void respond(request, response, options);
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  options: ReportsOptions,
): Promise<void> {
  let given: Answer;
  try {
    given = await answer(request, options);
  } catch (error) {
    given = { code: 429, message: 'another token of this pod was refused just now; send it again' };
    if (!(error instanceof AskedTooSoon)) {
      options.onError(error);
      given = { code: 503, message: 'the report could not be checked; send it again' };
    }
  }
  options.onAnswer(given.code);
  send(request, response, given);
}

async function answer(request: IncomingMessage, options: ReportsOptions): Promise<Answer> {
  if (request.url !== '/v1/report') return { code: 404, message: 'there is only /v1/report' };
  if (request.method !== 'POST')
    return { code: 405, message: 'reports are sent by POST', headers: { Allow: 'POST' } };
  const token = /^Bearer ([A-Za-z0-9._~+/=-]{20,8192})$/.exec(request.headers.authorization ?? '')?.[1];
  const claimed = token === undefined ? undefined : claimedPod(token);
  if (token === undefined || claimed === undefined) return unauthorized('a token of the stage pod is needed');
  if (Number(request.headers['content-length'] ?? 0) > MOST_BYTES) return tooLarge();
  if (options.findStage(claimed) === undefined)
    return { code: 403, message: 'the token is of no stage pod that runs' };
  const pod = await options.review(token);
  if (pod === undefined) return unauthorized('the token is not valid for this audience');
  const body = await read(request);
  if (body === 'cut') return { code: 400, message: 'the report ends early' };
  if (body === 'too large') return tooLarge();
  const report = parse(body.toString('utf8'));
  if (report instanceof ReportError) return { code: 400, message: report.message };
  // Looked up again by the proven identity.
  const stage = options.findStage(pod.uid);
  if (
    stage === undefined ||
    stage.run !== report.run ||
    stage.stage !== report.stage ||
    stage.attempt !== report.attempt
  ) {
    return { code: 403, message: 'the report is of another stage than the token' };
  }
  return options.accept(pod.uid, report) === 'new'
    ? NO_CONTENT
    : { code: 409, message: 'a later report is here already' };
}

function unauthorized(message: string): Answer {
  return { code: 401, message, headers: { 'WWW-Authenticate': 'Bearer' } };
}

function tooLarge(): Answer {
  return { code: 413, message: `a report has at most ${MOST_BYTES} bytes` };
}

function parse(body: string): StageReport | ReportError {
  try {
    return parseReport(body);
  } catch (error) {
    if (error instanceof ReportError) return error;
    throw error;
  }
}

/** A client that hangs up or is too slow is no trouble of ours. */
function read(request: IncomingMessage): Promise<Buffer | 'cut' | 'too large'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MOST_BYTES) chunks.push(chunk);
      else resolve('too large');
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', () => resolve('cut'));
    request.on('close', () => resolve('cut'));
  });
}

function send(request: IncomingMessage, response: ServerResponse, given: Answer): void {
  if (response.destroyed) return;
  // What was not read would be taken for the next request on this connection.
  if (!request.readableEnded && given.code >= 400) response.setHeader('Connection', 'close');
  response.statusCode = given.code;
  for (const [name, value] of Object.entries(given.headers ?? {})) response.setHeader(name, value);
  if (given.message === '') {
    response.end();
    return;
  }
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ message: given.message }));
}
