/** Durations as Kubernetes writes them: `1h30m`, `90s`, `500ms`. */
const WHOLE = /^(?:\d+(?:ms|s|m|h|d))+$/;
const PART = /(\d+)(ms|s|m|h|d)/g;
const SECONDS: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds, with a fraction where there are milliseconds; undefined where the text is no duration. */
export function parseDuration(text: string): number | undefined {
  if (!WHOLE.test(text)) return undefined;
  let seconds = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(PART)) seconds += Number(amount) * (SECONDS[unit] ?? 0);
  return seconds;
}
