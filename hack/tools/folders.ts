// Where development tools keep what they build and what runs. Both are outside of the checkout, so that a
// fresh clone starts in seconds and `git clean` never pulls a running cluster away.
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface Environment {
  readonly [name: string]: string | undefined;
}

/** Built tools and downloads, keyed by version: safe to delete at any time. `OTTO_CACHE` moves it. */
export function cacheFolder(env: Environment = process.env): string {
  return env['OTTO_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'otto');
}

/** State of running clusters. `OTTO_STATE` moves it. Not safe to delete while a cluster runs. */
export function stateFolder(env: Environment = process.env): string {
  return env['OTTO_STATE'] || join(env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'otto');
}
