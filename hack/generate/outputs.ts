/** All files that are made from crds/. */
import { crdYaml } from './crd-yaml.ts';
import type { Outputs } from './drift.ts';
import type { Source } from './source.ts';
import { typescriptTypes } from './types.ts';
import { validators } from './validators.ts';

export async function outputs({ definitions, crds }: Source): Promise<Outputs> {
  const made = new Map<string, string>();
  for (const crd of crds) made.set(`charts/otto/files/crds/${crd.file}`, crdYaml(crd, definitions));
  made.set('src/api/generated/types.ts', await typescriptTypes(definitions));
  made.set('src/api/generated/validators.ts', validators(definitions, crds));
  return made;
}
