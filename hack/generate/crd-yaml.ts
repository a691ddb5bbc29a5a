/** The CRDs as the chart installs them. */
import { stringify } from 'yaml';
import { expand } from './expand.ts';
import type { Definitions } from './schema.ts';
import type { CrdSource } from './source.ts';

/** `kubectl apply` keeps the whole object in an annotation, and all annotations together hold 262,144 bytes. */
const LIMIT = 250_000;

export function crdYaml({ file, crd }: CrdSource, definitions: Definitions): string {
  const versions = crd.spec.versions.map((version) => ({
    ...version,
    schema: { openAPIV3Schema: expand(version.schema.openAPIV3Schema, definitions) },
  }));
  const expanded = { ...crd, spec: { ...crd.spec, versions } };
  const size = JSON.stringify(expanded).length;
  if (size > LIMIT) {
    throw new Error(
      `${file}: ${size} bytes expanded, over the ${LIMIT} that kubectl apply takes: shorten descriptions`,
    );
  }
  return `# Made by hack/generate/main.ts from crds/${file}: edit that.\n${stringify(expanded, {
    lineWidth: 0,
    aliasDuplicateObjects: false,
  })}`;
}
