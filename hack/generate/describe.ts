/** A field's description as `kubectl explain` and an editor show it: the sentence, the default, an example. */
import type { Schema } from './schema.ts';

export function describe(schema: Schema): string | undefined {
  if (schema.description === undefined) return undefined;
  const parts = [schema.description];
  const byDefault = schema['x-otto-default'];
  if (byDefault !== undefined) parts.push(`Default: ${byDefault}.`);
  const example = schema['x-otto-example'];
  if (example !== undefined) parts.push(`Example: ${example}`);
  return parts.join(' ');
}
