/** All files that are made from others. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { loadLibrary } from '../../src/stdlib.ts';
import { crdYaml } from './crd-yaml.ts';
import type { Outputs } from './drift.ts';
import { operatorPage, type ValuesSchema } from './reference/operator.ts';
import { reached, resourcePage } from './reference/resource.ts';
import { stepsPage } from './reference/steps.ts';
import { readSource } from './source.ts';
import { typescriptTypes } from './types.ts';
import { validators } from './validators.ts';

export async function outputs(root: string): Promise<Outputs> {
  const { definitions, crds } = await readSource(join(root, 'crds'));
  const made = new Map<string, string>();
  for (const crd of crds) made.set(`charts/otto/files/crds/${crd.file}`, crdYaml(crd, definitions));
  made.set('src/api/generated/types.ts', await typescriptTypes(definitions));
  made.set('src/api/generated/validators.ts', validators(definitions, crds));
  const ofPipeline = reached('PipelineSpec', definitions).map((name) => [name, 'pipeline.md'] as const);
  for (const source of crds) {
    const { kind, singular } = source.crd.spec.names;
    const elsewhere = kind === 'Pipeline' ? [] : ofPipeline;
    made.set(`docs/reference/${singular}.md`, resourcePage(source, definitions, new Map(elsewhere)));
  }
  made.set('docs/reference/steps.md', stepsPage(loadLibrary(join(root, 'stdlib'))));
  made.set('docs/reference/operator.md', await operatorReference(join(root, 'charts/otto')));
  return made;
}

async function operatorReference(chart: string): Promise<string> {
  const schema: ValuesSchema = JSON.parse(await readFile(join(chart, 'values.schema.json'), 'utf8'));
  return operatorPage(parse(await readFile(join(chart, 'values.yaml'), 'utf8')), schema);
}
