#!/usr/bin/env node
// Runs a TypeScript entry point with the pinned Node. Needs only Node 20 and npm, so that a clean clone
// can start with it: installs the locked dependencies when they are absent or older than the lock file.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'node_modules', '.otto-lock');
const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
const node = join(root, 'node_modules', 'node', 'bin', 'node');

if (!existsSync(node) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  // Not `npm ci`: it refuses a lock file without the optional packages of other platforms, which not every registry has.
  console.error('otto: installing the locked npm dependencies');
  const npm = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (npm.status !== 0) {
    console.error('otto: `npm install` failed; see its message above, then run this command again');
    process.exit(npm.status ?? 1);
  }
  writeFileSync(stamp, lock);
}

const [entry, ...args] = process.argv.slice(2);
if (entry === undefined) {
  console.error('usage: node hack/bootstrap.mjs FILE.ts [ARGS]');
  process.exit(64);
}
// The child shares the terminal's process group and so gets its signals itself; wait for its own end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
const path = `${dirname(node)}:${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}`;
const child = spawnSync(node, [join(root, entry), ...args], {
  stdio: 'inherit',
  env: { ...process.env, PATH: path },
});
process.exit(child.status ?? 128);
