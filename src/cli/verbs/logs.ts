import type { Command } from 'commander';
import type { Run, StageStatus } from '../../api/run.ts';
import { didYouMean } from '../../plan/did-you-mean.ts';
import type { Cluster } from '../cluster.ts';
import { EXIT_FAILED } from '../exit-codes.ts';
import { CliError, UsageError } from '../failure.ts';
import { getRun, newestRun, parseReference } from '../find.ts';
import { followRun } from '../follow.ts';
import { type OutlineNode, outlineOf, stagesOf } from '../outline.ts';
import { PlainView } from '../plain-view.ts';
import { type Attempt, attemptsOf, isFinished } from '../run-state.ts';
import { shapesOf } from '../shapes.ts';
import { hasNotStarted, isGone, readStageLog, startLimit } from '../stage-logs.ts';
import { examples, type VerbContext } from '../verb.ts';

interface LogFlags {
  follow?: true;
  stage: string[];
  step?: number;
  attempt?: number;
  timestamps?: true;
  tail?: number;
}

export function setUp(command: Command, context: VerbContext): void {
  command
    .argument('[run]', 'name of the Run, or pipeline/NAME for its newest one (default: the newest Run)')
    .option('-f, --follow', 'go on until the Run ends')
    .option(
      '-s, --stage <name>',
      'only this stage; again for more',
      (name: string, all: string[]) => [...all, name],
      [],
    )
    .option('--step <n>', "only the output of each stage's step N, from 1", count)
    .option('--attempt <n>', 'of a stage that was tried again: its attempt N (default: all)', count)
    .option('--timestamps', 'the time of each line')
    .option('--tail <n>', "only the last N lines of each stage's log", count)
    .action((reference: string | undefined, flags: LogFlags) => logs(reference, flags, context));
  examples(
    command,
    'otto logs                               # of the newest Run',
    'otto logs webapp-x7k2p -f',
    'otto logs webapp-x7k2p --stage test --tail 100',
    'otto logs pipeline/webapp --stage build --step 2 > build.log',
  );
}

function count(text: string): number {
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value >= 1) return value;
  throw new UsageError(`'${text}' is not a number from 1`);
}

async function logs(reference: string | undefined, flags: LogFlags, context: VerbContext): Promise<void> {
  const { io } = context;
  if (flags.tail !== undefined && flags.step !== undefined) {
    throw new UsageError('--tail counts lines of a whole stage, so it does not go with --step');
  }
  const cluster = await context.connect();
  const run = await findRun(reference, cluster, context);
  const outline = outlineOf(await shapesOf(run, cluster), run.status);
  const stages = chosen(stagesOf(outline), flags.stage, run);
  const view = new PlainView(io, {
    print: io.print,
    logsOnly: true,
    noPrefix: stages.length === 1,
    step: flags.step,
    ...(flags.timestamps === undefined ? {} : { timestamps: true }),
  });
  const wants = ({ stage, attempt }: Attempt): boolean =>
    (flags.stage.length === 0 || flags.stage.includes(stage)) &&
    (flags.attempt === undefined || flags.attempt === attempt);
  if (flags.follow === true && !isFinished(run)) {
    const { signal } = new AbortController();
    await followRun(cluster, run.metadata.name ?? '', view, { signal, wants, tailLines: flags.tail });
    return;
  }
  const attempts = stages
    .flatMap(({ status }) =>
      status === undefined ? [] : attemptsOf(status).map((one) => ({ ...one, status })),
    )
    .filter(wants);
  if (attempts.length === 0) {
    io.note(nothingToShow(run, stages, flags));
    return;
  }
  await printAll(attempts, view, flags, cluster, context);
}

async function findRun(reference: string | undefined, cluster: Cluster, { io }: VerbContext): Promise<Run> {
  const { kind, name } = parseReference(reference ?? '');
  if (kind === 'run' || (kind === undefined && name !== '')) return await getRun(cluster, name);
  const run = await newestRun(cluster, kind === 'pipeline' ? name : undefined);
  io.note(`Run ${run.metadata.name ?? ''}, the newest${kind === 'pipeline' ? ` of Pipeline ${name}` : ''}:`);
  return run;
}

/** @throws UsageError for a stage that the Run does not have. */
function chosen(stages: readonly OutlineNode[], names: readonly string[], run: Run): OutlineNode[] {
  const known = stages.map(({ name }) => name);
  for (const name of names) {
    // Of a Run that waits for its Pipeline no stage is known yet.
    if (known.length === 0 || known.includes(name)) continue;
    throw new UsageError(
      `Run '${run.metadata.name ?? ''}' has no stage '${name}'.${didYouMean(name, known)}`,
    );
  }
  return stages.filter(({ name }) => names.length === 0 || names.includes(name));
}

function nothingToShow(run: Run, stages: readonly OutlineNode[], { attempt }: LogFlags): string {
  const name = run.metadata.name ?? '';
  const [only] = stages;
  if (stages.length === 1 && only !== undefined) {
    const message = only.status?.message;
    const which = attempt === undefined ? '' : ` an attempt ${attempt} of`;
    return `There is no log of${which} stage ${only.name} (${only.state})${message === undefined ? '' : `: ${message}`}`;
  }
  const message = run.status?.message;
  const more = isFinished(run) ? '' : ` Follow it: otto logs -f ${name}`;
  return `There is no log of Run ${name} yet${message === undefined ? '.' : `: ${message}`}${more}`;
}

async function printAll(
  attempts: readonly (Attempt & { status: StageStatus })[],
  view: PlainView,
  flags: LogFlags,
  cluster: Cluster,
  context: VerbContext,
): Promise<void> {
  const { signal } = new AbortController();
  for (const attempt of attempts) {
    try {
      const startWithinMs = startLimit(attempt.status);
      const reading = { follow: false, startWithinMs, signal, tailLines: flags.tail };
      for await (const line of readStageLog(cluster, attempt, reading)) {
        view.line(attempt, line);
        await view.ready();
      }
    } catch (error) {
      if (hasNotStarted(error)) continue;
      if (!isGone(error)) throw error;
      context.io.note(`otto: the log of stage ${attempt.stage} is gone with its pod ${attempt.podName}`);
      // Of the one that was asked for, that is a failure.
      if (attempts.length === 1) throw new CliError('there is nothing to show', undefined, EXIT_FAILED);
    }
  }
}
