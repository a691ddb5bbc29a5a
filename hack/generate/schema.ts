/** The part of JSON Schema that crds/ uses, with the keys of our own that crds/README.md explains. */
export interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  description?: string;
  enum?: string[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema;
  propertyNames?: Schema;
  items?: Schema;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  maxProperties?: number;
  minimum?: number;
  maximum?: number;
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: string;
  'x-kubernetes-preserve-unknown-fields'?: true;
  'x-kubernetes-int-or-string'?: true;
  'x-kubernetes-validations'?: Rule[];
  'x-otto-default'?: string | number | boolean;
  'x-otto-example'?: string | number | boolean;
  'x-otto-means'?: string;
  'x-otto-inline'?: true;
  'x-otto-type'?: string;
  'x-otto-index'?: string;
  'x-otto-levels'?: { levels: number; last: { required: string[] } };
  'x-otto-level'?: number;
  'x-otto-limit'?: number;
}

/** A CEL rule of the API server. */
export interface Rule {
  rule: string;
  message: string;
}

export type Definitions = Readonly<Record<string, Schema>>;

const PREFIX = '#/$defs/';

/** The name that a `$ref` gives. */
export function refName(ref: string): string {
  if (!ref.startsWith(PREFIX)) throw new Error(`$ref ${ref}: write '${PREFIX}NAME'`);
  return ref.slice(PREFIX.length);
}

/** The definition that a schema refers to, with the keys beside the `$ref` put over it; else the schema itself. */
export function resolve(schema: Schema, definitions: Definitions): Schema {
  if (schema.$ref === undefined) return schema;
  const { $ref, ...beside } = schema;
  const definition = definitions[refName($ref)];
  if (definition === undefined) throw new Error(`$ref ${$ref}: no file in crds/definitions/ defines it`);
  const rules = [
    ...(definition['x-kubernetes-validations'] ?? []),
    ...(beside['x-kubernetes-validations'] ?? []),
  ];
  return {
    ...resolve(definition, definitions),
    ...beside,
    ...(rules.length > 0 ? { 'x-kubernetes-validations': rules } : {}),
  };
}
