/** How Runs look on a terminal. Pure: data in, lines out; colour only where the caller says that it is wanted. */
import { styleText } from 'node:util';
import type { Run, StageStatus } from '../api/run.ts';

type Style = Parameters<typeof styleText>[0];

export interface Look {
  colour: boolean;
  now: number;
}

const STYLES: Record<string, Style> = {
  Succeeded: 'green',
  Running: 'cyan',
  Starting: 'cyan',
  Unstable: 'yellow',
  Retrying: 'yellow',
  Stopping: 'yellow',
  Failed: 'red',
  Lost: 'red',
  TimedOut: 'red',
  Aborted: 'red',
  Cancelled: 'magenta',
  Skipped: 'gray',
  Waiting: 'gray',
};

export function paint(text: string, style: Style, look: Look): string {
  return look.colour ? styleText(style, text, { validateStream: false }) : text;
}

export function paintResult(result: string, look: Look): string {
  const style = STYLES[result];
  return style === undefined ? result : paint(result, style, look);
}

/** Milliseconds as `3s`, `2m5s`, `1h2m`, `3d4h`. */
export function shortDuration(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m${s % 60 === 0 ? '' : `${s % 60}s`}`;
  if (s < 86_400) return `${Math.floor(s / 3600)}h${Math.floor((s % 3600) / 60)}m`;
  return `${Math.floor(s / 86_400)}d${Math.floor((s % 86_400) / 3600)}h`;
}

export function between(start: string | undefined, end: string | undefined, now: number): string {
  if (start === undefined) return '';
  return shortDuration((end === undefined ? now : Date.parse(end)) - Date.parse(start));
}

/** Result of a finished Run or stage, else its state. */
export function stateOfRun(run: Run): string {
  if (run.status?.result !== undefined) return run.status.result;
  return run.status?.conditions?.find((c) => c.type === 'Succeeded')?.reason ?? 'Pending';
}

export function stateOfStage(stage: StageStatus): string {
  return stage.result ?? stage.state;
}

/** Left-aligned columns, two spaces apart; widths ignore colour codes. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, visibleLength(cell));
    });
  }
  return rows.map((row) =>
    row
      .map((cell, i) =>
        i === row.length - 1 ? cell : cell + ' '.repeat((widths[i] ?? 0) - visibleLength(cell)),
      )
      .join('  ')
      .trimEnd(),
  );
}

// oxlint-disable-next-line no-control-regex -- an ANSI colour code begins with ESC
const ANSI = /\u001B\[[\d;]*m/g;

function visibleLength(text: string): number {
  return text.replace(ANSI, '').length;
}

export function runRow(run: Run, look: Look): string[] {
  const status = run.status;
  return [
    run.metadata.name ?? '',
    run.spec.pipelineRef?.name ?? '<inline>',
    paintResult(stateOfRun(run), look),
    status?.progress ?? '',
    status?.current ?? '',
    between(status?.startTime, status?.completionTime, look.now),
    between(run.metadata.creationTimestamp, undefined, look.now),
  ];
}

export const RUN_COLUMNS = ['NAME', 'PIPELINE', 'RESULT', 'PROGRESS', 'CURRENT', 'DURATION', 'AGE'] as const;

/** One line when a stage changed, for `--follow`; undefined where nothing that a person cares about did. */
export function stageLine(
  before: StageStatus | undefined,
  after: StageStatus,
  look: Look,
): string | undefined {
  const state = stateOfStage(after);
  const sameMessage = before?.message === after.message && before?.attempt === after.attempt;
  if (before !== undefined && stateOfStage(before) === state && sameMessage) return undefined;
  const parts = [
    paint('●', STYLES[state] ?? 'white', look),
    paint(after.name, 'bold', look),
    paintResult(state, look),
  ];
  if ((after.attempt ?? 1) > 1) parts.push(`attempt ${after.attempt}`);
  if (after.result !== undefined && after.startTime !== undefined) {
    parts.push(`in ${between(after.startTime, after.finishTime, look.now)}`);
  }
  if (after.message !== undefined && state !== 'Succeeded') parts.push(`— ${after.message}`);
  return parts.join(' ');
}
