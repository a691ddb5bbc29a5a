/** The Secrets that this stage's runner holds, one folder each, and what of them must not be shown. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const LONGEST = 1024 * 1024;

/** Values to mask of all Secrets in the folder. Host names and public keys are no secrets. */
export function secretValues(folder: string): string[] {
  return filesOf(folder).flatMap((secret) => valuesOf(join(folder, secret)));
}

/** @throws Error when this pod does not have it. */
export function secretFolder(folder: string, name: string): string {
  const secret = join(folder, name);
  if (/^[a-z0-9][a-z0-9.-]*$/.test(name) && !name.includes('..') && existsSync(secret)) return secret;
  throw new Error(`the Secret '${name.slice(0, 100)}' is not in this pod`);
}

function valuesOf(secret: string): string[] {
  const values = new Map<string, string>();
  for (const name of filesOf(secret)) {
    if (name === 'known_hosts' || name.endsWith('.pub')) continue;
    const path = join(secret, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isFile() === true && found.size <= LONGEST) values.set(name, readFileSync(path, 'utf8'));
  }
  // Of a login only the password is secret, but some forges take a token as the user's name.
  const password = values.get('password')?.trim() ?? '';
  if (password !== '' && password !== 'x-oauth-basic') values.delete('username');
  return [...values.values()];
}

/** The kubelet's own `..data` and the like are left out. */
function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('..'));
  } catch {
    return [];
  }
}
