import type { RunResult } from '../api/run.ts';

/** Exit codes of the CLI: a step's own (0 to 3) where a Run's result has one, sysexits for what is not a result. */
export const EXIT_LOST = 4;
export const EXIT_USAGE = 64;
export const EXIT_UNAVAILABLE = 69;
export const EXIT_INTERRUPTED = 130;

export function exitCodeOf(result: RunResult): number {
  switch (result) {
    case 'Succeeded':
      return 0;
    case 'Failed':
    case 'TimedOut':
      return 1;
    case 'Aborted':
    case 'Cancelled':
      return 2;
    case 'Unstable':
      return 3;
    case 'Lost':
      return EXIT_LOST;
  }
}
