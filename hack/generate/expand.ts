/** Makes a CRD's structural schema: no references, no recursion, no keys of our own. */
import { describe } from './describe.ts';
import { atLevel } from './levels.ts';
import type { Definitions, Rule, Schema } from './schema.ts';
import { refName, resolve } from './schema.ts';

export function expand(schema: Schema, definitions: Definitions): Schema {
  const resolved = resolve(atItsLevel(schema, definitions), definitions);
  const { properties, items, additionalProperties } = resolved;
  const result: Schema = {};
  const description = describe(resolved);
  if (description !== undefined) result.description = description;
  for (const [key, value] of Object.entries(resolved)) {
    if (!LEFT_OUT.has(key) && !key.startsWith('x-otto-')) Object.assign(result, { [key]: value });
  }
  if (items !== undefined) result.items = expand(items, definitions);
  if (additionalProperties !== undefined) {
    result.additionalProperties = expand(additionalProperties, definitions);
  }
  if (properties !== undefined) {
    for (const name of Object.keys(properties)) refuseYamlBoolean(name);
    result.properties = Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, expand(property, definitions)]),
    );
  }
  const rules = [...(resolved['x-kubernetes-validations'] ?? []), ...limits(properties ?? {})];
  if (rules.length > 0) result['x-kubernetes-validations'] = rules;
  return result;
}

/** @throws Error for a name that kubectl's YAML 1.1 reads as true or false: it would arrive as another field. */
function refuseYamlBoolean(name: string): void {
  if (!/^(?:on|off|yes|no|y|n|true|false)$/i.test(name)) return;
  throw new Error(`no field can be called ${name}: kubectl reads it as a boolean (docs/decisions/0001)`);
}

const LEFT_OUT = new Set([
  'description',
  'properties',
  'items',
  'additionalProperties',
  'propertyNames',
  'x-kubernetes-validations',
]);

function atItsLevel(schema: Schema, definitions: Definitions): Schema {
  if (schema.$ref === undefined) return schema;
  const { $ref, 'x-otto-level': level = 1, ...beside } = schema;
  const name = refName($ref);
  const definition = definitions[name];
  if (definition?.['x-otto-levels'] === undefined) return schema;
  return { ...atLevel(name, definition, level).schema, ...beside };
}

function limits(properties: Record<string, Schema>): Rule[] {
  return Object.entries(properties).flatMap(([name, { 'x-otto-limit': limit }]) =>
    limit === undefined
      ? []
      : [
          {
            rule: `!has(self.${name}) || self.${name}.size() <= ${limit}`,
            message: `${name} has at most ${limit} entries: split it into several groups`,
          },
        ],
  );
}
