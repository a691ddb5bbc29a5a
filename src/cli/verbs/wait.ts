import type { Command } from 'commander';
import { parseDuration } from '../../plan/duration.ts';
import { UsageError } from '../failure.ts';
import { getRun } from '../find.ts';
import { examples, type VerbContext } from '../verb.ts';
import { waitForEnds } from '../wait-for-ends.ts';

export function setUp(command: Command, context: VerbContext): void {
  command
    .argument('<run...>', 'names of Runs')
    .option('--timeout <duration>', 'give up after this long, such as 30m (default: never)')
    .action(async (references: string[], flags: { timeout?: string }) => {
      const limitMs = readTimeout(flags.timeout);
      const cluster = await context.connect();
      const runs = [];
      for (const reference of references) runs.push(await getRun(cluster, reference));
      context.exitCode = await waitForEnds(cluster, runs, { io: context.io, limitMs });
    });
  examples(
    command,
    'otto wait webapp-x7k2p --timeout 30m',
    'otto wait $(otto start webapp -o name) && echo delivered',
  );
}

export function readTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = parseDuration(text);
  if (seconds === undefined)
    throw new UsageError(`--timeout ${text} is no duration`, 'Write it as 90s, 30m or 1h30m.');
  return seconds * 1000;
}
