/** Stages and Runs in a line each. Pure. */
import type { Run, StageStatus } from '../api/run.ts';
import { type Look, line, type Span, stateSpan, symbolSpan } from './look.ts';
import { isFinished, stateOfRun, stateOfStage } from './run-state.ts';
import { oneLine } from './text.ts';
import { between } from './time.ts';

/** Whether a person who follows the Run wants to hear of the difference. */
export function isNews(before: StageStatus | undefined, after: StageStatus): boolean {
  if (before === undefined) return after.state !== 'Waiting';
  return (
    stateOfStage(before) !== stateOfStage(after) ||
    before.message !== after.message ||
    before.attempt !== after.attempt
  );
}

/** What a stage does now, or how it ended. */
export function stageLine(after: StageStatus, look: Look): string {
  const state = stateOfStage(after);
  const spans: Span[] = [symbolSpan(state), ' ', [after.name, 'bold'], ' ', stateSpan(state)];
  if ((after.attempt ?? 1) > 1) spans.push(` attempt ${after.attempt}`);
  if (after.result !== undefined && after.startTime !== undefined) {
    spans.push(` in ${between(after.startTime, after.finishTime, look.now)}`);
  }
  if (after.message !== undefined && state !== 'Succeeded') spans.push(` — ${oneLine(after.message)}`);
  return line(spans, look);
}

/** How a Run ended, or what it does now. Its message in full, on a line of its own: it is what is to be acted on. */
export function runLines(run: Run, look: Look): string[] {
  const state = stateOfRun(run);
  const { status } = run;
  const took = between(status?.startTime, status?.completionTime, look.now);
  const spans: Span[] = [symbolSpan(state), ' ', [run.metadata.name ?? '', 'bold'], ' ', stateSpan(state)];
  if (took !== '') spans.push(isFinished(run) ? ` in ${took}` : ` for ${took}`);
  if (status?.progress !== undefined) spans.push(`, ${status.progress} stages`);
  const lines = [line(spans, look)];
  if (status?.message !== undefined && state !== 'Succeeded') lines.push(`  ${oneLine(status.message)}`);
  return lines;
}
