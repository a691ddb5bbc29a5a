/** Stages and Runs in a line each. Pure. */
import type { Run, StageStatus } from '../api/run.ts';
import { type Look, line, type Span, stateSpan, symbolSpan } from './look.ts';
import { stateOfRun, stateOfStage } from './run-state.ts';
import { oneLine } from './text.ts';
import { between } from './time.ts';

/** When a stage changed, for what follows a Run; undefined where nothing that a person cares about did. */
export function stageLine(
  before: StageStatus | undefined,
  after: StageStatus,
  look: Look,
): string | undefined {
  const state = stateOfStage(after);
  const sameMessage = before?.message === after.message && before?.attempt === after.attempt;
  if (before === undefined ? state === 'Waiting' : stateOfStage(before) === state && sameMessage) {
    return undefined;
  }
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
  if (took !== '') spans.push(` in ${took}`);
  if (status?.progress !== undefined) spans.push(`, ${status.progress} stages`);
  const lines = [line(spans, look)];
  if (status?.message !== undefined && state !== 'Succeeded') lines.push(`  ${oneLine(status.message)}`);
  return lines;
}
