/** TypeScript types of the definitions. Recursion is kept: nested groups are one type `Stage`. */

import type { JSONSchema } from 'json-schema-to-typescript';
import { compile } from 'json-schema-to-typescript';
import { describe } from './describe.ts';
import type { Definitions, Schema } from './schema.ts';
import { refName, resolve } from './schema.ts';

const HEADER = '/** Made by hack/generate/main.ts from crds/definitions/: edit those. */\n';

export async function typescriptTypes(definitions: Definitions): Promise<string> {
  const named = Object.entries(definitions).filter(([, schema]) => schema['x-otto-inline'] === undefined);
  const $defs = Object.fromEntries(
    named.map(([name, schema]) => [name, { ...typeSchema(schema, definitions), title: name }]),
  );
  const text = await compile({ title: 'Root', type: 'object', $defs, additionalProperties: false }, 'Root', {
    additionalProperties: false,
    bannerComment: '',
    ignoreMinAndMaxItems: true,
    style: { singleQuote: true, printWidth: 110 },
    unreachableDefinitions: true,
  });
  return HEADER + named.reduce(withIndexSignature, tidy(text));
}

/** The compiler would widen an index signature by the types of all the other fields. */
function withIndexSignature(text: string, [name, schema]: [string, Schema]): string {
  const index = schema['x-otto-index'];
  if (index === undefined) return text;
  const end = text.indexOf('\n}\n', text.indexOf(`export interface ${name} {`));
  return `${text.slice(0, end)}\n  ${index};${text.slice(end)}`;
}

/** A reference to a named type becomes that name; to any other definition, what it says. */
function typeSchema(schema: Schema, definitions: Definitions): JSONSchema {
  const description = documentation(schema, definitions);
  const target = schema.$ref === undefined ? undefined : refName(schema.$ref);
  const isNamed = target !== undefined && definitions[target]?.['x-otto-inline'] === undefined;
  if (isNamed) return { ...description, tsType: target };
  const resolved = resolve(schema, definitions);
  if (resolved['x-otto-type'] !== undefined) return { ...description, tsType: resolved['x-otto-type'] };
  if (resolved['x-kubernetes-int-or-string']) return { ...description, type: ['string', 'number'] };
  const { type, properties, items, additionalProperties, required } = resolved;
  const result: JSONSchema = { ...description, ...(type === undefined ? {} : { type: jsonType(type) }) };
  if (resolved.enum !== undefined) result.enum = resolved.enum;
  if (required !== undefined) result.required = required;
  if (items !== undefined) result.items = typeSchema(items, definitions);
  if (additionalProperties !== undefined) {
    result.additionalProperties = typeSchema(additionalProperties, definitions);
  }
  if (properties !== undefined) {
    result.properties = Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, typeSchema(property, definitions)]),
    );
  }
  return result;
}

function documentation(schema: Schema, definitions: Definitions): { description?: string } {
  // `*/` would end the comment, as in a path with a star.
  const description = describe(resolve(schema, definitions))?.replaceAll('*/', '*\\/');
  return description === undefined ? {} : { description };
}

type TypeName = 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array';
const TYPE_NAMES: readonly TypeName[] = ['string', 'number', 'integer', 'boolean', 'object', 'array'];

function jsonType(type: string): TypeName {
  const known = TYPE_NAMES.find((name) => name === type);
  if (known === undefined) throw new Error(`unknown type ${type}`);
  return known;
}

/** The empty type of the schema that only carries the definitions goes, and so does the noise about them. */
function tidy(text: string): string {
  return text
    .replace(/export interface Root \{\s*\}\n/, '')
    .replace(
      / \* This interface was referenced by `Root`'s JSON-Schema\n \* via the `definition` "[^"]*"\.\n/g,
      '',
    )
    .replace(/(\n *\*)+(\n *\*\/)/g, '$2')
    .replace(/\/\*\*\n \*\/\n/g, '');
}
