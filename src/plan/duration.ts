/** Durations as Kubernetes writes them: `1h30m`, `90s`, `1.5h`, `500ms`. */
const UNITS = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 } as const;
const WHOLE = /^(?:\d{1,9}(?:\.\d{1,3})?(?:ms|s|m|h|d))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/** Seconds, or undefined when the text is no duration. */
export function parseDuration(text: string): number | undefined {
  if (text.length > 40 || !WHOLE.test(text)) return undefined;
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(PART)) {
    if (unit === 'ms' || unit === 's' || unit === 'm' || unit === 'h' || unit === 'd') {
      seconds += Number(amount) * UNITS[unit];
    }
  }
  return seconds;
}

/** `5400` → `1h30m`. Milliseconds are rounded away. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [
    [Math.floor(whole / 3600), 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ] as const;
  const text = parts.map(([amount, unit]) => (amount > 0 ? `${amount}${unit}` : '')).join('');
  return text === '' ? '0s' : text;
}
