// Waiting with an end.
import { setTimeout as delay } from 'node:timers/promises';

/** @throws when it does not hold within the limit. */
export async function eventually(
  what: string,
  limitMs: number,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${limitMs / 1000} s in vain until ${what}`);
    await delay(50);
  }
}
