/** Time limits and retries as they are written, as seconds and numbers. */
import type { Retries } from '../api/pipeline.ts';
import { DEFAULT_INFRASTRUCTURE_RETRIES, MAX_RETRIES, MAX_TIMEOUT_SECONDS } from './bounds.ts';
import type { Path, Problems } from './diagnostics.ts';
import { formatDuration, parseDuration } from './duration.ts';
import type { Backoff, PlannedRetries } from './plan.ts';

/** Seconds within [least, most], or undefined with a problem noted. */
export function seconds(
  text: unknown,
  path: Path,
  problems: Problems,
  least = 1,
  most: number = MAX_TIMEOUT_SECONDS,
): number | undefined {
  if (text === undefined) return undefined;
  const shown = typeof text === 'string' || typeof text === 'number' ? `'${text}'` : 'This';
  const value = typeof text === 'string' ? parseDuration(text) : undefined;
  if (value === undefined) {
    const cure = typeof text === 'number' ? `, for example ${text}s` : ', for example 90s, 10m or 1h30m';
    problems.error('InvalidDuration', path, `${shown} is no duration: write numbers with units${cure}.`);
    return undefined;
  }
  if (value < least || value > most) {
    const message = `${shown} is outside of ${formatDuration(least)} to ${formatDuration(most)}.`;
    problems.error('InvalidDuration', path, message);
    return undefined;
  }
  return value;
}

type WrittenBackoff = NonNullable<Retries['backoff']>;

export const STAGE_BACKOFF: Backoff = { initialSeconds: 10, factor: 2, maxSeconds: 300 };
export const STEP_BACKOFF: Backoff = { initialSeconds: 1, factor: 2, maxSeconds: 60 };

export function backoff(
  written: WrittenBackoff | undefined,
  fallback: Backoff,
  path: Path,
  problems: Problems,
): Backoff {
  const initial =
    seconds(written?.initial, [...path, 'initial'], problems, 0, 3600) ?? fallback.initialSeconds;
  const most = seconds(written?.max, [...path, 'max'], problems, 0, 86_400);
  const factor = written?.factor ?? fallback.factor;
  if (typeof factor !== 'number' || !(factor >= 1 && factor <= 10)) {
    problems.error('OutOfRange', [...path, 'factor'], 'The factor must be a number from 1 to 10.');
    return fallback;
  }
  if (most !== undefined && written?.initial !== undefined && most < initial) {
    problems.error(
      'OutOfRange',
      [...path, 'max'],
      `The longest wait (${written.max}) is shorter than the first (${written.initial}).`,
    );
  }
  return { initialSeconds: initial, factor, maxSeconds: Math.max(most ?? fallback.maxSeconds, initial) };
}

/** A number of retries, 0 to 10. */
export function retryCount(value: unknown, fallback: number, path: Path, problems: Problems): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_RETRIES)
    return value;
  problems.error('OutOfRange', path, `Must be a whole number from 0 to ${MAX_RETRIES}.`);
  return fallback;
}

/** The stage's own, field by field before the defaults'. Each is checked where it is written. */
export function stageRetries(
  own: Retries | undefined,
  defaults: Retries | undefined,
  path: Path,
  problems: Problems,
): PlannedRetries {
  const merged: Retries = { ...defaults, ...own };
  if (own?.backoff !== undefined && defaults?.backoff !== undefined)
    merged.backoff = { ...defaults.backoff, ...own.backoff };
  return {
    limit: retryCount(merged.limit, 0, [...path, 'limit'], problems),
    on: [...new Set<'Failed' | 'TimedOut'>(merged.results ?? ['Failed', 'TimedOut'])],
    backoff: backoff(merged.backoff, STAGE_BACKOFF, [...path, 'backoff'], problems),
    infrastructure: retryCount(
      merged.infrastructure,
      DEFAULT_INFRASTRUCTURE_RETRIES,
      [...path, 'infrastructure'],
      problems,
    ),
  };
}
