/**
 * Validators as code: ajv writes them here, at build, so that nothing of ajv is loaded when Otto starts. One function
 * for each definition; what ajv does not know (CEL rules, distinct entries, lengths) is src/api/validation-checks.ts.
 */
import { _, Ajv, type CodeKeywordDefinition, type KeywordCxt } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { type JsonSchema, jsonSchemas } from './json-schema.ts';
import type { Definitions, Rule } from './schema.ts';
import type { CrdSource } from './source.ts';

const HEADER = `// @ts-nocheck: written by ajv. Made by hack/generate/main.ts from crds/: edit those.
import { characters, firstDouble, holds } from '../validation-checks.ts';
import type { Pipeline } from '../pipeline.ts';
import type { Run } from '../run.ts';
import type { Validator } from '../validation-checks.ts';
`;

export function validators(definitions: Definitions, crds: readonly CrdSource[]): string {
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    messages: false,
    strict: true,
    allowUnionTypes: true,
    inlineRefs: false,
    code: { source: true, esm: true, lines: false, optimize: 2 },
  });
  ajv.addVocabulary(['means', 'notHere']);
  ajv.addKeyword(rulesKeyword);
  ajv.addKeyword(distinctKeyword);
  const kinds = crds.map(({ crd }) => crd.spec.names.kind);
  const roots = crds.map(({ crd }) => [crd.spec.names.kind, rootSchema(crd)]);
  ajv.addSchema({ $id: 'otto', $defs: { ...jsonSchemas(definitions), ...Object.fromEntries(roots) } });
  const exported = Object.fromEntries(kinds.map((kind) => [kind, `otto#/$defs/${kind}`]));
  return HEADER + typed(shortened(imported(standalone.default(ajv, exported))), kinds);
}

/** Of the object around the spec: what a file must say. The status of a file is nobody's. */
function rootSchema(crd: CrdSource['crd']): JsonSchema {
  const { kind } = crd.spec.names;
  const texts = { type: 'object', additionalProperties: { type: 'string' } };
  const rules = crd.spec.versions[0]?.schema.openAPIV3Schema['x-kubernetes-validations'] ?? [];
  return {
    type: 'object',
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
    additionalProperties: false,
    // A rule that reads the name has nothing to read in a file with generateName.
    rules: rules.map(({ rule, message }) => ({ rule: `!has(self.metadata.name) || ${rule}`, message })),
    properties: {
      apiVersion: { type: 'string', enum: ['otto.dev/v1alpha1'] },
      kind: { type: 'string', enum: [kind] },
      metadata: {
        type: 'object',
        properties: {
          name: { type: 'string', minLength: 1 },
          generateName: { type: 'string', minLength: 1 },
          namespace: { type: 'string' },
          labels: texts,
          annotations: texts,
        },
      },
      spec: { $ref: `#/$defs/${kind}Spec` },
      status: {},
    },
  };
}

const rulesKeyword: CodeKeywordDefinition = {
  keyword: 'rules',
  schemaType: 'array',
  error: { message: 'a rule does not hold', params: (cxt) => _`{message: ${cxt.params['message']}}` },
  code(cxt: KeywordCxt) {
    const holds = cxt.gen.scopeValue('func', { ref: 'holds', key: 'holds', code: _`holds` });
    const rules: Rule[] = cxt.schema;
    for (const { rule, message } of rules) {
      cxt.setParams({ message });
      cxt.fail(_`!${holds}(${rule}, ${cxt.data})`);
    }
  },
};

const distinctKeyword: CodeKeywordDefinition = {
  keyword: 'distinct',
  type: 'array',
  schemaType: 'string',
  error: { message: 'an entry is there twice', params: (cxt) => _`{index: ${cxt.params['index']}}` },
  code(cxt: KeywordCxt) {
    const firstDouble = cxt.gen.scopeValue('func', {
      ref: 'firstDouble',
      key: 'firstDouble',
      code: _`firstDouble`,
    });
    const index = cxt.gen.const('index', _`${firstDouble}(${cxt.data}, ${cxt.schema})`);
    cxt.setParams({ index });
    cxt.fail(_`${index} >= 0`);
  },
};

/** ajv asks for its parts by `require`, which no ES module has: the one that it needs is ours. */
function imported(code: string): string {
  const changed = code
    .replace(/^"use strict";/, '')
    .replaceAll(
      /const (\w+) = require\("ajv\/dist\/runtime\/ucs2length"\)\.default;/g,
      'const $1 = characters;',
    );
  if (changed.includes('require(')) throw new Error('the validators require a module that is not replaced');
  return changed;
}

/** A third of the code would be places in the schema, which nobody reads; and a diff needs lines. */
function shortened(code: string): string {
  return code
    .replaceAll(/schemaPath:"[^"]*",/g, '')
    .replaceAll(/,schema:[\w.]+,parentSchema:/g, ',parentSchema:')
    .replaceAll(/(?<=;|})(?=(?:const schema|const func|function |export )\w*)/g, '\n');
}

function typed(code: string, kinds: readonly string[]): string {
  return kinds.reduce(
    (text, kind) =>
      text.replace(
        new RegExp(`export const ${kind} = (\\w+);`),
        `export const validate${kind}: Validator<${kind}> = $1;`,
      ),
    code,
  );
}
