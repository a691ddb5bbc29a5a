/**
 * The definitions as plain JSON Schema for ajv: unknown fields refused as `kubectl --validate=strict` refuses them,
 * each level of a nesting definition on its own, and what only an API server reads made keywords that ajv is taught.
 */
import { atLevel } from './levels.ts';
import type { Definitions, Schema } from './schema.ts';
import { refName, resolve } from './schema.ts';

export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  additionalProperties?: JsonSchema | false;
  propertyNames?: JsonSchema;
  /** CEL rules about the value alone; those about an edit are the API server's. */
  rules?: { rule: string; message: string }[];
  /** No two entries are the same; of objects, no two have the same value of this field. */
  distinct?: string;
  /** What the pattern asks for, in words. */
  means?: string;
  /** Fields that the definition has on its other levels. */
  notHere?: string[];
  [keyword: string]: unknown;
}

/** Kept as they are: bounds and the like. */
const PLAIN = [
  'enum',
  'required',
  'pattern',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'maxProperties',
  'minimum',
  'maximum',
] as const;

/** The schemas of all definitions; one that nests is there as NAME1, NAME2 … */
export function jsonSchemas(definitions: Definitions): Record<string, JsonSchema> {
  const schemas: Record<string, JsonSchema> = {};
  for (const [name, definition] of Object.entries(definitions)) {
    const levels = definition['x-otto-levels']?.levels;
    if (levels === undefined) {
      schemas[name] = toJsonSchema(definition, definitions);
      continue;
    }
    for (let level = 1; level <= levels; level++) {
      const { schema, removed } = atLevel(name, definition, level);
      const converted = toJsonSchema(schema, definitions);
      schemas[`${name}${level}`] = removed.length === 0 ? converted : { ...converted, notHere: removed };
    }
  }
  return schemas;
}

function toJsonSchema(schema: Schema, definitions: Definitions): JsonSchema {
  if (schema.$ref !== undefined) {
    // Keys beside a reference only describe, or say what an edit may do.
    const target = refName(schema.$ref);
    const nests = definitions[target]?.['x-otto-levels'] !== undefined;
    return { $ref: `#/$defs/${target}${nests ? (schema['x-otto-level'] ?? 1) : ''}` };
  }
  const resolved = resolve(schema, definitions);
  const result: JsonSchema = {};
  if (resolved['x-kubernetes-int-or-string'] === true) result.type = ['integer', 'string'];
  else if (resolved.type !== undefined) result.type = resolved.type;
  for (const key of PLAIN) if (resolved[key] !== undefined) result[key] = resolved[key];
  if (resolved['x-otto-limit'] !== undefined) result['maxItems'] = resolved['x-otto-limit'];
  if (resolved['x-otto-means'] !== undefined) result.means = resolved['x-otto-means'];
  const rules = (resolved['x-kubernetes-validations'] ?? []).filter(({ rule }) => !rule.includes('oldSelf'));
  if (rules.length > 0) result.rules = rules;
  if (resolved['x-kubernetes-list-type'] === 'set') result.distinct = '';
  if (resolved['x-kubernetes-list-type'] === 'map') {
    result.distinct = resolved['x-kubernetes-list-map-keys']?.[0] ?? '';
  }
  if (resolved.items !== undefined) result.items = toJsonSchema(resolved.items, definitions);
  if (resolved.propertyNames !== undefined) {
    result.propertyNames = toJsonSchema(resolved.propertyNames, definitions);
  }
  if (resolved.additionalProperties !== undefined) {
    result.additionalProperties = toJsonSchema(resolved.additionalProperties, definitions);
  }
  if (resolved.properties !== undefined) {
    result.properties = Object.fromEntries(
      Object.entries(resolved.properties).map(([name, property]) => [
        name,
        toJsonSchema(property, definitions),
      ]),
    );
    if (resolved['x-kubernetes-preserve-unknown-fields'] !== true) result.additionalProperties = false;
  }
  return result;
}
