/**
 * A definition that refers to itself (a stage that holds stages) at one level of its nesting. Each level but the last
 * may hold the next; the last has neither the fields that refer back nor the rules that read them.
 */

import type { Schema } from './schema.ts';
import { refName } from './schema.ts';

export function atLevel(
  name: string,
  definition: Schema,
  level: number,
): { schema: Schema; removed: string[] } {
  const nesting = definition['x-otto-levels'];
  if (nesting === undefined) return { schema: definition, removed: [] };
  const { 'x-otto-levels': _, ...schema } = definition;
  const recursive = Object.entries(schema.properties ?? {})
    .filter(([, property]) => property.items?.$ref !== undefined && refName(property.items.$ref) === name)
    .map(([property]) => property);
  if (level < nesting.levels) return { schema: withNextLevel(schema, recursive, level + 1), removed: [] };
  const properties = Object.entries(schema.properties ?? {}).filter(
    ([property]) => !recursive.includes(property),
  );
  const rules = (schema['x-kubernetes-validations'] ?? []).filter(
    ({ rule }) => !recursive.some((property) => rule.includes(`self.${property}`)),
  );
  return {
    schema: {
      ...schema,
      properties: Object.fromEntries(properties),
      'x-kubernetes-validations': rules,
      ...nesting.last,
    },
    removed: recursive,
  };
}

function withNextLevel(schema: Schema, recursive: string[], level: number): Schema {
  const properties = Object.entries(schema.properties ?? {}).map(([name, property]): [string, Schema] => [
    name,
    recursive.includes(name)
      ? { ...property, items: { ...property.items, 'x-otto-level': level } }
      : property,
  ]);
  return { ...schema, properties: Object.fromEntries(properties) };
}
