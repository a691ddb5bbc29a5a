/** Waits for Runs to end, and says how each did. */
import type { Run } from '../api/run.ts';
import { pause, systemClock } from '../kube/clock.ts';
import { RUNS } from '../kube/resource.ts';
import type { Cluster } from './cluster.ts';
import { EXIT_FAILED, EXIT_TIMEOUT, exitCodeOf } from './exit-codes.ts';
import { CliError } from './failure.ts';
import type { Io } from './io.ts';
import { isFinished } from './run-state.ts';
import { runLines } from './stage-line.ts';
import { watchObjects } from './watch-objects.ts';

export interface WaitOptions {
  io: Io;
  limitMs: number | undefined;
}

/** @returns the exit code of the first of them that did not succeed, else 0. */
export async function waitForEnds(
  cluster: Cluster,
  runs: readonly Run[],
  { io, limitMs }: WaitOptions,
): Promise<number> {
  const limit = new AbortController();
  const done = new AbortController();
  if (limitMs !== undefined) void pause(systemClock, limitMs, done.signal).then(() => limit.abort());
  try {
    const codes = await Promise.all(
      runs.map(async (run) => {
        const ended = await endOf(run, cluster, io, limit.signal);
        if (ended === undefined) return EXIT_TIMEOUT;
        for (const text of runLines(ended, { ...io.look(), width: undefined })) io.print(text);
        const { result } = ended.status ?? {};
        return result === undefined ? EXIT_FAILED : exitCodeOf(result);
      }),
    );
    if (codes.includes(EXIT_TIMEOUT)) {
      throw new CliError('waited too long: see above which Runs have ended', undefined, EXIT_TIMEOUT);
    }
    return codes.find((code) => code !== 0) ?? 0;
  } finally {
    done.abort();
  }
}

/** Undefined when the signal aborted. */
async function endOf(
  run: Run,
  { client, namespace }: Cluster,
  io: Io,
  signal: AbortSignal,
): Promise<Run | undefined> {
  const { name = '', uid } = run.metadata;
  const selection = { namespace, fieldSelector: `metadata.name=${name}` };
  for await (const change of watchObjects(client, RUNS, selection, { signal })) {
    if (change.type === 'lost') {
      io.note(`otto: the connection is lost, trying again: ${change.error.message}`);
      continue;
    }
    const now = change.type === 'all' ? change.objects[0] : change.object;
    if (now === undefined || change.type === 'deleted' || now.metadata.uid !== uid) {
      throw new CliError(`Run '${name}' was deleted`);
    }
    if (isFinished(now)) return now;
  }
  return undefined;
}
