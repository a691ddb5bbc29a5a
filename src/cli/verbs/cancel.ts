import type { Command } from 'commander';
import { setState } from '../set-state.ts';
import { examples, type VerbContext } from '../verb.ts';
import { waitForEnds } from '../wait-for-ends.ts';
import { readTimeout } from './wait.ts';

export function setUp(command: Command, context: VerbContext): void {
  command
    .argument('<run...>', 'names of Runs')
    .option('--wait', 'until they have ended, `finally` stages included')
    .option('--timeout <duration>', 'with --wait: give up after this long, such as 5m')
    .action(async (references: string[], flags: { wait?: true; timeout?: string }) => {
      const limitMs = readTimeout(flags.timeout);
      const cluster = await context.connect();
      const cancelled = await setState(cluster, references, 'Cancelled', context.io);
      // What was asked for is the end, whichever it is.
      if (flags.wait === true) await waitForEnds(cluster, cancelled, { io: context.io, limitMs });
    });
  examples(command, 'otto cancel webapp-x7k2p', 'otto cancel webapp-x7k2p --wait');
}
