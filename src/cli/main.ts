#!/usr/bin/env node
/** `otto`, and `kubectl otto`. */
import { basename } from 'node:path';

const OLDEST_NODE = 22;

async function main(args: readonly string[]): Promise<number> {
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
    console.error(`otto: Node ${process.versions.node} is too old: ${OLDEST_NODE} or newer is needed.`);
    return 1;
  }
  // A process of its own kind: it has its own flags, and starts without the command line's code.
  if (args[0] === 'operator') return await (await import('../operator/main.ts')).main(args.slice(1));
  const { endWithReader, processIo } = await import('./process-io.ts');
  const { runProgram } = await import('./program.ts');
  endWithReader();
  const isPlugin = basename(process.argv[1] ?? '').startsWith('kubectl-');
  return await runProgram(args, {
    name: isPlugin ? 'kubectl otto' : 'otto',
    env: process.env,
    io: processIo,
  });
}

// Not process.exit at once: what was printed into a pipe may still be on its way.
const code = await main(process.argv.slice(2));
process.stdout.write('', () => process.exit(code));
