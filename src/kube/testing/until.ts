/** Waits for a condition, never for a time. */
import { setTimeout as sleep } from 'node:timers/promises';

/** @throws Error with `what` when it does not come to hold. */
export async function until(
  what: string | (() => string),
  holds: () => boolean | Promise<boolean>,
  limitMs: number = 8000,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`in vain: ${typeof what === 'string' ? what : what()}`);
    await sleep(2);
  }
}
