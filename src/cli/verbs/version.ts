import { readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import type { Command } from 'commander';
import { parseFormat } from '../output.ts';
import { examples, type VerbContext } from '../verb.ts';

export function setUp(command: Command, { io }: VerbContext): void {
  command.option('-o, --output <format>', 'json or yaml').action(async (flags: { output?: string }) => {
    const format = parseFormat(flags.output, ['json', 'yaml']);
    const versions = { otto: await ownVersion(), node: process.versions.node };
    if (format === 'json') io.print(JSON.stringify(versions, undefined, 2));
    else if (format === 'yaml') io.print(`otto: ${versions.otto}\nnode: ${versions.node}`);
    else io.print(`otto ${versions.otto} (node ${versions.node})`);
  });
  examples(command, 'otto version', 'otto version -o json');
}

async function ownVersion(): Promise<string> {
  const file = findPackageJSON(import.meta.url);
  if (file === undefined) return 'unknown';
  const parsed: unknown = JSON.parse(await readFile(file, 'utf8'));
  const found = typeof parsed === 'object' && parsed !== null && 'version' in parsed ? parsed.version : '';
  return typeof found === 'string' ? found : 'unknown';
}
