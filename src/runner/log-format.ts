/**
 * The lines of a stage's log, as the runner writes and the CLI reads them: `<RFC 3339 with ms> <text>`, with a marker
 * at each step's start and end. Text of a user that looks like a marker is indented by a blank.
 */
export type LogLine =
  | { kind: 'text'; time: string; text: string }
  | { kind: 'start'; time: string; step: number; name: string }
  | { kind: 'end'; time: string; step: number; result: string; duration: string }
  /** Not written by a runner, or cut. */
  | { kind: 'raw'; text: string };

const MARK = '##[step ';

export function renderText(time: string, text: string): string {
  return `${time} ${text.startsWith('##[') ? ' ' : ''}${text}\n`;
}

/** @param step counts from 1. */
export function renderStart(time: string, step: number, name: string): string {
  return `${time} ${MARK}${step} start] ${oneLine(name)}\n`;
}

/** @param milliseconds how long the step took. */
export function renderEnd(time: string, step: number, result: string, milliseconds: number): string {
  return `${time} ${MARK}${step} end] ${result} ${renderDuration(milliseconds)}\n`;
}

/** `0.3s`, `12s`, `4m05s`, `1h02m`. */
export function renderDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)}s`;
  if (seconds < 60) return `${Math.round(seconds)}s`;
  const whole = Math.round(seconds);
  const two = (n: number): string => String(n).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h${two(Math.floor((whole % 3600) / 60))}m`;
}

const LINE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z) (.*)$/s;
const START = /^##\[step (\d{1,6}) start\] (.*)$/s;
const END = /^##\[step (\d{1,6}) end\] (\S+) (\S+)$/;

/** @param line without its newline. */
export function parseLogLine(line: string): LogLine {
  const [, time, text] = LINE.exec(line) ?? [];
  if (time === undefined || text === undefined) return { kind: 'raw', text: line };
  const start = START.exec(text);
  if (start !== null) return { kind: 'start', time, step: Number(start[1]), name: start[2] ?? '' };
  const end = END.exec(text);
  if (end !== null)
    return { kind: 'end', time, step: Number(end[1]), result: end[2] ?? '', duration: end[3] ?? '' };
  return { kind: 'text', time, text };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
