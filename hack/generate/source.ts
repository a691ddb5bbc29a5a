/** Reads crds/: the definitions, merged into one map, and the CRDs that refer to them. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Definitions, Schema } from './schema.ts';

export interface CrdSource {
  /** File name in crds/, and of what is made from it. */
  file: string;
  crd: Crd;
}

export interface Crd {
  metadata: { name: string };
  spec: {
    names: { kind: string; plural: string; singular: string; shortNames?: string[] };
    versions: { name: string; schema: { openAPIV3Schema: Schema } }[];
  };
}

export interface Source {
  definitions: Definitions;
  crds: CrdSource[];
}

export async function readSource(folder: string): Promise<Source> {
  const definitions: Record<string, Schema> = {};
  for (const file of await yamlFiles(join(folder, 'definitions'))) {
    const content: Record<string, Schema> = parse(await readFile(join(folder, 'definitions', file), 'utf8'));
    for (const [name, schema] of Object.entries(content)) {
      if (name in definitions) throw new Error(`crds/definitions/${file}: ${name} is defined twice`);
      definitions[name] = schema;
    }
  }
  const crds: CrdSource[] = [];
  for (const file of await yamlFiles(folder)) {
    crds.push({ file, crd: parse(await readFile(join(folder, file), 'utf8')) });
  }
  return { definitions, crds };
}

async function yamlFiles(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((file) => file.endsWith('.yaml')).sort();
}
