/** What a library step may ask of its runner: `POST /control` with one of these as JSON, over the step's socket. */
import { choice, FieldError, fields, parseJson, present, required, text, texts } from './fields.ts';

export type Control =
  /** End this step now: its processes get TERM, it counts as aborted. */
  | { type: 'Terminate' }
  /** The stage ends no better than this, and goes on. */
  | { type: 'SetPipelineStatus'; status: PipelineStatus }
  /** The stage ends as aborted after this step; `post` runs. */
  | { type: 'TerminatePipeline' }
  /** Later steps have it as VAR_NAME. */
  | { type: 'CaptureVariable'; name: string; value: string }
  | { type: 'DropVariable'; name: string }
  /** Otto on Kubernetes only: run the steps of this step's block, in this folder; the answer has their result. */
  | { type: 'RunBlock'; directory?: string; env: Record<string, string> };

export type PipelineStatus = 'Succeeded' | 'Unstable' | 'Failed' | 'Aborted';

const TYPES = [
  'Terminate',
  'SetPipelineStatus',
  'TerminatePipeline',
  'CaptureVariable',
  'DropVariable',
  'RunBlock',
] as const;
const STATUSES: readonly PipelineStatus[] = ['Succeeded', 'Unstable', 'Failed', 'Aborted'];
const LONGEST_VALUE = 64 * 1024;

/** @throws FieldError */
export function parseControl(body: string): Control {
  const given = fields(parseJson(body), 'the message');
  const type = required(choice(given, 'type', TYPES), 'type');
  switch (type) {
    case 'Terminate':
    case 'TerminatePipeline':
      return { type };
    case 'SetPipelineStatus':
      return { type, status: required(choice(given, 'status', STATUSES), 'status') };
    case 'CaptureVariable':
      return {
        type,
        name: variable(given['name']),
        value: required(text(given, 'value', LONGEST_VALUE), 'value'),
      };
    case 'DropVariable':
      return { type, name: variable(given['name']) };
    case 'RunBlock':
      return {
        type,
        ...present('directory', text(given, 'directory', 4096)),
        env: given['env'] === undefined ? {} : texts(given, 'env', 200, LONGEST_VALUE),
      };
  }
}

function variable(name: unknown): string {
  if (typeof name === 'string' && /^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(name)) return name;
  throw new FieldError('name is no name of a variable: letters, digits and _, at most 63');
}
