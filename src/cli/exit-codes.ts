import type { RunResult } from '../api/run.ts';

/** Exit codes of the CLI: a step's own (0 to 3) where a Run's result has one, sysexits for what is not a result. */
export const EXIT_FAILED = 1;
export const EXIT_LOST = 4;
export const EXIT_USAGE = 64;
export const EXIT_UNAVAILABLE = 69;
/** As timeout(1) has it. */
export const EXIT_TIMEOUT = 124;
export const EXIT_INTERRUPTED = 130;
/** What a shell shows for a program that SIGPIPE ended, so that `otto start -f | head` never looks like success. */
export const EXIT_PIPE = 141;

export function exitCodeOf(result: RunResult): number {
  switch (result) {
    case 'Succeeded':
      return 0;
    case 'Failed':
    case 'TimedOut':
      return EXIT_FAILED;
    case 'Aborted':
    case 'Cancelled':
      return 2;
    case 'Unstable':
      return 3;
    case 'Lost':
      return EXIT_LOST;
  }
}
