// Which clusters there are: one file each in its state folder, written before anything is started, so that a
// start that was cut off can still be taken down.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stateFolder } from '../tools/folders.ts';
import { clusterFolder } from './built/layout.ts';
import { type ProviderName, providerNames } from './contract.ts';

export interface Registration {
  readonly provider: ProviderName;
  /** Built provider: its block of addresses. */
  readonly index?: number;
  readonly audit?: boolean;
  /** Context provider: the context in the user's kubeconfig. */
  readonly context?: string;
}

export function parseRegistration(text: string): Registration | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields: { provider?: unknown; index?: unknown; audit?: unknown; context?: unknown } = value;
  const provider = providerNames.find((name) => name === fields.provider);
  if (provider === undefined) return undefined;
  return {
    provider,
    ...(typeof fields.index === 'number' ? { index: fields.index } : {}),
    ...(typeof fields.audit === 'boolean' ? { audit: fields.audit } : {}),
    ...(typeof fields.context === 'string' ? { context: fields.context } : {}),
  };
}

export function registration(name: string): Registration | undefined {
  const file = join(clusterFolder(name), 'cluster.json');
  return existsSync(file) ? parseRegistration(readFileSync(file, 'utf8')) : undefined;
}

export async function register(name: string, value: Registration): Promise<void> {
  const folder = clusterFolder(name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, `.cluster.json.${process.pid}`);
  await writeFile(draft, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  await rename(draft, join(folder, 'cluster.json'));
}

export async function unregister(name: string): Promise<void> {
  await rm(clusterFolder(name), { recursive: true, force: true });
}

export function registeredNames(): readonly string[] {
  const folder = join(stateFolder(), 'clusters');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'cluster.json')))
    .sort();
}
