/** `--follow`: a Run on the screen until it ends or the user goes away, and the exit code of its result. */
import type { Run } from '../api/run.ts';
import type { Cluster } from './cluster.ts';
import { EXIT_FAILED, EXIT_INTERRUPTED, exitCodeOf } from './exit-codes.ts';
import { followRun } from './follow.ts';
import { LiveView } from './live-view.ts';
import { line, paint } from './look.ts';
import { firstCause, outlineOf, type Shape } from './outline.ts';
import { PlainView } from './plain-view.ts';
import { runLines } from './stage-line.ts';
import { oneLine } from './text.ts';
import type { VerbContext } from './verb.ts';

export interface FollowToEndOptions {
  context: VerbContext;
  /** All goes to standard error, as plain lines. */
  quiet: boolean;
}

/** @returns the finished Run; undefined when Ctrl-C came first: the Run goes on. */
export async function followToEnd(
  cluster: Cluster,
  run: Run,
  shapes: readonly Shape[],
  { context, quiet }: FollowToEndOptions,
): Promise<Run | undefined> {
  const { io } = context;
  const { name = '' } = run.metadata;
  const { signal, release } = io.interrupted();
  const print = quiet ? io.note : io.print;
  const live = io.isTerminal && !quiet ? new LiveView(io, run, shapes) : undefined;
  if (live === undefined) print(`Run ${name} in namespace ${cluster.namespace}`);
  let ended: Run | undefined;
  try {
    ended = await followRun(cluster, name, live ?? new PlainView(io, { print }), { signal });
  } finally {
    live?.end();
    release();
  }
  if (ended === undefined) {
    io.note(`Run ${name} goes on. Follow it again: otto logs -f ${name}   Cancel it: otto cancel ${name}`);
    context.exitCode = EXIT_INTERRUPTED;
    return undefined;
  }
  if (live === undefined) for (const text of runLines(ended, { ...io.look(), width: undefined })) print(text);
  else showFailure(ended, shapes, live, context);
  const { result } = ended.status ?? {};
  context.exitCode = result === undefined ? EXIT_FAILED : exitCodeOf(result);
  return ended;
}

/** The tree has room for a line of each log; of what failed first a person wants more. */
function showFailure(run: Run, shapes: readonly Shape[], live: LiveView, { io }: VerbContext): void {
  const cause = firstCause(outlineOf(shapes, run.status), run.status?.result);
  if (cause === undefined) return;
  const look = io.look();
  const tail = live.tail(cause.podName);
  if (tail.length > 0) {
    io.print('');
    io.print(paint(`Last lines of ${cause.name}:`, 'bold', look));
    for (const text of tail) io.print(line(['  ', oneLine(text)], look));
  }
  io.print(`\nAll of it: otto logs ${run.metadata.name ?? ''} --stage ${cause.name}`);
}
