/** Objects as text for programs: `-o json`, `-o yaml`, `-o name`. */
import type { KubeObject } from '../api/kubernetes.ts';
import { GROUP } from '../api/names.ts';
import { UsageError } from './failure.ts';

export type Format = 'json' | 'yaml' | 'name' | 'wide';

/** @throws UsageError for a format that the verb does not have. */
export function parseFormat<F extends Format>(
  text: string | undefined,
  allowed: readonly F[],
): F | undefined {
  if (text === undefined) return undefined;
  const format = allowed.find((known) => known === text);
  if (format === undefined)
    throw new UsageError(`-o ${text} is not a format here`, `There are: ${allowed.join(', ')}.`);
  return format;
}

export async function renderObject(object: KubeObject, format: Exclude<Format, 'wide'>): Promise<string> {
  return format === 'name' ? resourceName(object) : await render(withoutNoise(object), format);
}

/** As one List, the form that kubectl prints and takes. */
export async function renderList(
  objects: readonly KubeObject[],
  format: Exclude<Format, 'wide'>,
): Promise<string> {
  if (format === 'name') return objects.map(resourceName).join('\n');
  const list = { apiVersion: 'v1', kind: 'List', metadata: {}, items: objects.map(withoutNoise) };
  return await render(list, format);
}

/** `run.otto.dev/webapp-x7k2p`, which kubectl and every verb of ours take. */
export function resourceName(object: KubeObject): string {
  return `${(object.kind ?? '').toLowerCase()}.${GROUP}/${object.metadata.name ?? ''}`;
}

async function render(object: object, format: 'json' | 'yaml'): Promise<string> {
  if (format === 'json') return JSON.stringify(object, undefined, 2);
  const { Document, visit } = await import('yaml');
  // Quoted as YAML 1.1 asks: a bare `on` or `yes` would be true to kubectl.
  const document = new Document(object, { version: '1.1', aliasDuplicateObjects: false });
  // Readers differ most in what is a number or a time to them (0o7, 1_000, 12:30:45).
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value === 'string' && NUMERIC.test(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({ lineWidth: 0 }).trimEnd();
}

const NUMERIC = /^[-+.\d][^\n]*$/;

function withoutNoise<T extends KubeObject>(object: T): T {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
