/** Which names are allowed where, and the environment variables that scripts find values under. */
import { nearest } from './did-you-mean.ts';

const DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
const DASHED = /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/;
const SECRET_NAME = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

/** DNS-1123 label, at most 63 characters: stages, containers, services. */
export function isDnsLabel(name: string): boolean {
  return DNS_LABEL.test(name);
}

/** What to write in place of a name that is no DNS label. */
export function dnsLabelCure(name: string): string {
  const label = name
    .slice(0, 200)
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 63)
    .replace(/-+$/, '');
  const rule = 'Use lower-case letters, digits and dashes, at most 63 characters';
  return label === '' ? `${rule}.` : `${rule}, for example '${label}'.`;
}

export function isEnvName(name: string): boolean {
  return ENV_NAME.test(name);
}

/** Outputs: what `outputs.NAME` can say in an expression. */
export function isOutputName(name: string): boolean {
  return IDENTIFIER.test(name);
}

/** Parameters and step ids. */
export function isDashedIdentifier(name: string): boolean {
  return DASHED.test(name);
}

/** The name of a Secret: a DNS-1123 subdomain. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** Where a script finds a parameter. */
export function paramVariable(param: string): string {
  return `PARAM_${param.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
}

/** Where a script finds what an expression calls by these names. */
export const VARIABLES: { readonly [expression: string]: string } = {
  'run.name': 'OTTO_RUN',
  'run.namespace': 'OTTO_NAMESPACE',
  'run.result': 'OTTO_RUN_RESULT',
  'pipeline.name': 'OTTO_PIPELINE',
  'source.revision': 'OTTO_REVISION',
  'source.branch': 'OTTO_BRANCH',
  'source.tag': 'OTTO_TAG',
};

/** Names under which Otto itself speaks to scripts. */
export function isReservedVariable(name: string): boolean {
  return name.startsWith('OTTO_') || name.startsWith('PARAM_');
}

/** The script variable for a simple expression such as `params.who`; undefined for anything longer. */
export function variableFor(expression: string, params: readonly string[]): string | undefined {
  const known = VARIABLES[expression];
  if (known !== undefined) return known;
  const name =
    /^params\.([A-Za-z_]\w*)$/.exec(expression)?.[1] ?? /^params\[["']([\w-]+)["']\]$/.exec(expression)?.[1];
  if (name === undefined) return /^env\.([A-Za-z_]\w*)$/.exec(expression)?.[1];
  return params.includes(name) ? paramVariable(name) : paramVariable(nearest(name, params) ?? name);
}
