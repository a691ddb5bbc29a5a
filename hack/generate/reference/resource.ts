/** The field reference of a resource: a table for each definition that its spec and status reach. */
import type { Definitions, Schema } from '../schema.ts';
import { refName, resolve } from '../schema.ts';
import type { CrdSource } from '../source.ts';
import { anchor, code, page, table } from './markdown.ts';

/** What a scalar definition is called in the column of types. */
const WORDS: Readonly<Record<string, string>> = {
  Label: 'name',
  ObjectName: 'object name',
  ObjectNameTemplate: 'object name',
  Identifier: 'identifier',
  Duration: 'duration',
  Image: 'image',
  Expression: 'CEL',
  Description: 'text',
  Time: 'time',
  Json: 'any value',
  PodTemplate: 'pod template',
};

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
};

/** `elsewhere`: definitions that another page describes, with the page's name. */
export function resourcePage(
  { crd }: CrdSource,
  definitions: Definitions,
  elsewhere: ReadonlyMap<string, string>,
): string {
  const { kind, plural, shortNames } = crd.spec.names;
  const schema = crd.spec.versions[0]?.schema.openAPIV3Schema;
  const fields = new Page(definitions, elsewhere);
  fields.add(`${kind}Spec`);
  fields.add(`${kind}Status`);
  const short = shortNames?.map(code).join(', ') ?? '';
  return page(
    `# ${kind}`,
    schema?.description ?? '',
    `\`apiVersion: otto.dev/v1alpha1\`, \`kind: ${kind}\`; \`kubectl get ${plural}\`, short ${short}. \`kubectl explain ${plural}.spec\` says the same as this page.`,
    'Fields in **bold** are required. A duration is written `1h30m`, `45s` or `500ms`. A name has lower-case letters, digits and "-"; an identifier letters, digits, "_" and "-".',
    ...fields.sections(),
  );
}

/** Definitions of a kind's own page. */
export function reached(root: string, definitions: Definitions): string[] {
  const fields = new Page(definitions, new Map());
  fields.add(root);
  fields.sections();
  return fields.names;
}

class Page {
  readonly names: string[] = [];
  readonly #definitions: Definitions;
  readonly #elsewhere: ReadonlyMap<string, string>;

  constructor(definitions: Definitions, elsewhere: ReadonlyMap<string, string>) {
    this.#definitions = definitions;
    this.#elsewhere = elsewhere;
  }

  add(name: string): void {
    if (!this.names.includes(name)) this.names.push(name);
  }

  sections(): string[] {
    const sections: string[] = [];
    // Grows while the sections before are written.
    for (const name of this.names) {
      const schema = resolve(this.#definitions[name] ?? {}, this.#definitions);
      if (schema.properties === undefined) continue;
      const rows = this.#rows(schema, '');
      const rules = (schema['x-kubernetes-validations'] ?? []).map(({ message }) => `- ${message}`);
      sections.push(`## ${name}`, schema.description ?? '');
      sections.push(table(['Field', 'Type', 'Default', 'What it is', 'Example'], rows));
      if (rules.length > 0) sections.push('Rules:', rules.join('\n'));
    }
    return sections;
  }

  #rows(schema: Schema, prefix: string): string[][] {
    return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
      const resolved = resolve(property, this.#definitions);
      const field = code(`${prefix}${name}`);
      const required = schema.required?.includes(name) === true;
      const row = [
        required ? `**${field}**` : field,
        this.#type(property),
        String(resolved['x-otto-default'] ?? ''),
        resolved.description ?? '',
        code(String(resolved['x-otto-example'] ?? '')),
      ];
      // An object without a name of its own is told in the same table.
      const inline = this.#named(property) === undefined ? this.#rows(resolved, `${prefix}${name}.`) : [];
      return [row, ...inline];
    });
  }

  #type(schema: Schema): string {
    const named = this.#named(schema);
    if (named !== undefined) return this.#link(named);
    const word = schema.$ref === undefined ? undefined : WORDS[refName(schema.$ref)];
    if (word !== undefined) return word;
    const resolved = resolve(schema, this.#definitions);
    if (resolved.enum !== undefined) return resolved.enum.map(code).join(', ');
    if (resolved['x-kubernetes-int-or-string'] === true) return 'quantity';
    if (resolved.type === 'array') return `list of ${this.#type(resolved.items ?? {})}`;
    if (resolved.additionalProperties !== undefined)
      return `map of ${this.#type(resolved.additionalProperties)}`;
    if (resolved.type === 'object') return resolved.properties === undefined ? 'map of any value' : 'object';
    return resolved.format === 'date-time' ? 'time' : (TYPES[resolved.type ?? ''] ?? 'any value');
  }

  /** The definition with a table of its own that the schema refers to. */
  #named(schema: Schema): string | undefined {
    if (schema.$ref === undefined) return undefined;
    const name = refName(schema.$ref);
    const target = this.#definitions[name];
    return target?.['x-otto-inline'] === true || target?.properties === undefined ? undefined : name;
  }

  #link(name: string): string {
    const page = this.#elsewhere.get(name);
    if (page === undefined) this.add(name);
    return `[${name}](${page ?? ''}${anchor(name)})`;
  }
}
