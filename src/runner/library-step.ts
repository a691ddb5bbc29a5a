/** A step of the library: a program with a manifest, called with the path of an invocation file. */
import { failed, type Outcome } from './outcome.ts';
import type { Call, Place } from './stage-state.ts';

export async function runLibraryStep(
  call: Call,
  _block: (place: Place) => Promise<Outcome>,
): Promise<Outcome> {
  return failed(`there is no step '${call.step.symbol}' in the library`);
}
