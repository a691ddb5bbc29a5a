/**
 * One stage, told on both channels. The exit code is for `kubectl get pods`: 0 for Succeeded and Unstable, 2 for Aborted,
 * 1 for any other end, 64 when there was nothing to do it with. What counts is the termination message.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { takeInstructions } from './instructions.ts';
import { messageOf } from './outcome.ts';
import type { Progress } from './progress.ts';
import type { Instructions, ReportedResult, StageReport } from './protocol.ts';
import type { Reporter } from './reporter.ts';
import { StageRun } from './stage.ts';
import { writeStdout } from './stdout.ts';
import type { StopSource } from './stop.ts';
import { cutText, encodeTermination } from './termination.ts';

/** Kubernetes' default for `terminationMessagePath`. A test sets another. */
const TERMINATION_FILE: string = process.env['OTTO_TERMINATION_FILE'] ?? '/dev/termination-log';
/** Beside the compiled runner lie the compiled steps. A test sets another. */
const LIBRARY: string = process.env['OTTO_STDLIB'] ?? fileURLToPath(new URL('../../stdlib', import.meta.url));
/**
 * The operator gives up on an image long before, and sees a container that ended before it was up; this is for where no
 * operator watches.
 */
const CONTAINER_WAIT_SECONDS = Number(process.env['OTTO_CONTAINER_WAIT_SECONDS'] ?? 3600);
const BAD_INSTRUCTIONS = 64;

export async function run(interruption: StopSource): Promise<never> {
  let instructions: Instructions;
  try {
    instructions = takeInstructions(process.env);
  } catch (error) {
    const message = `Otto's runner cannot read its instructions: ${messageOf(error)}`;
    writeStdout(`${message}\n`);
    writeTermination(cutText(message, 2000));
    process.exit(BAD_INSTRUCTIONS);
  }
  const broken = (error: unknown): never => {
    writeStdout(`Otto's runner failed: ${error instanceof Error ? error.stack : String(error)}\n`);
    const report = brokenReport(instructions, messageOf(error));
    writeTermination(encodeTermination(report));
    return process.exit(1);
  };
  process.on('uncaughtException', broken);
  process.on('unhandledRejection', broken);
  try {
    const stage = new StageRun({
      instructions,
      interruption,
      write: writeStdout,
      now: Date.now,
      library: LIBRARY,
      containerWaitMs: CONTAINER_WAIT_SECONDS * 1000,
    });
    const { progress } = stage;
    interruption.signal.addEventListener('abort', () => {
      // Should KILL come before the end does.
      if (!progress.finished) writeTermination(encodeTermination(interrupted(progress)));
    });
    const reporting = startReporter(instructions, progress);
    await stage.run();
    const report = progress.report();
    writeTermination(encodeTermination(report));
    const reporter = await reporting;
    await reporter?.finish();
    return process.exit(exitCode(report.result));
  } catch (error) {
    return broken(error);
  }
}

/** Loaded beside the first step, which does not wait for it. */
async function startReporter(
  { report: target }: Instructions,
  progress: Progress,
): Promise<Reporter | undefined> {
  if (target === undefined) return undefined;
  try {
    const { Reporter } = await import('./reporter.ts');
    const reporter = new Reporter({ ...target, report: () => progress.report() });
    progress.onChange = () => reporter.changed();
    reporter.changed();
    return reporter;
  } catch (error) {
    writeStdout(`Otto's runner cannot report directly: ${messageOf(error)}\n`);
    return undefined;
  }
}

function interrupted(progress: Progress): StageReport {
  const finishTime = new Date().toISOString();
  return { ...progress.report(), result: 'Interrupted', reason: 'Interrupted', finishTime };
}

function brokenReport(instructions: Instructions, message: string): StageReport {
  const { run, stage, attempt } = instructions;
  const now = new Date().toISOString();
  return {
    version: 1,
    run,
    stage,
    attempt,
    sequence: Number.MAX_SAFE_INTEGER,
    startTime: now,
    finishTime: now,
    steps: [],
    result: 'Lost',
    reason: 'RunnerFailed',
    message: `Otto's runner failed: ${message}`,
  };
}

function writeTermination(text: string): void {
  try {
    writeFileSync(TERMINATION_FILE, text);
  } catch (error) {
    writeStdout(`The termination message cannot be written: ${messageOf(error)}\n`);
  }
}

function exitCode(result: ReportedResult | undefined): number {
  if (result === 'Succeeded' || result === 'Unstable') return 0;
  return result === 'Aborted' ? 2 : 1;
}
