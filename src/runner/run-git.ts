/** The step `git`, in this process: starting a second Node costs more than the clone of a small repository. */
import { failed, type Outcome } from './outcome.ts';
import type { Call } from './stage-state.ts';

export async function runGit(_call: Call): Promise<Outcome> {
  return failed('not yet');
}
