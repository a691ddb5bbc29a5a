import type { Command } from 'commander';
import { setState } from '../set-state.ts';
import { examples, type VerbContext } from '../verb.ts';

export function setUp(command: Command, context: VerbContext): void {
  command.argument('<run...>', 'names of Runs').action(async (references: string[]) => {
    await setState(await context.connect(), references, 'Paused', context.io);
  });
  examples(
    command,
    'otto pause webapp-x7k2p   # what runs goes on to its end; `otto resume` starts the rest',
  );
}
