/** Times of a Run for people. Durations are written as in the log, see runner/log-format.ts. */
import { renderDuration } from '../runner/log-format.ts';

const DAY_MS = 86_400_000;

/** From start to end, or to now while it runs; nothing before it started. */
export function between(start: string | undefined, end: string | undefined, now: number): string {
  if (start === undefined) return '';
  const ms = (end === undefined ? now : Date.parse(end)) - Date.parse(start);
  if (!Number.isFinite(ms)) return '';
  // Clocks of two machines differ. Times in whole seconds have no tenths to show.
  const exact = start.includes('.') && end?.includes('.') === true;
  return exact || ms >= 10_000 ? renderDuration(Math.max(0, ms)) : `${Math.max(0, Math.floor(ms / 1000))}s`;
}

/** How long ago, roughly: `5s`, `2m05s`, `3h10m`, `12d`. */
export function age(time: string | undefined, now: number): string {
  if (time === undefined) return '';
  const ms = Math.max(0, now - Date.parse(time));
  if (!Number.isFinite(ms)) return '';
  if (ms < 10_000) return `${Math.floor(ms / 1000)}s`;
  return ms < 2 * DAY_MS ? renderDuration(ms) : `${Math.floor(ms / DAY_MS)}d`;
}
