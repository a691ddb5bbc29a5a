/** The step `git` and the stage's checkout, in this process: a second Node costs more than a small repository's clone. */
import { CheckoutError, type CheckoutOptions, checkout } from '../../stdlib/git/checkout.ts';
import { failed, messageOf, type Outcome, succeeded } from './outcome.ts';
import { secretFolder } from './secrets.ts';
import type { Call } from './stage-state.ts';
import { pause } from './stop.ts';
import { folderWithin } from './workspace.ts';

const TRIES = 3;
const FIRST_WAIT_MS = 1000;
const WAIT_FACTOR = 3;

export async function runGit(call: Call): Promise<Outcome> {
  const { step, place, state, output } = call;
  const isCheckout = step === state.checkout;
  let revision = '';
  let wait = FIRST_WAIT_MS;
  for (let tried = 1; ; tried++) {
    try {
      const options = optionsOf(call, (found) => {
        revision = found;
        if (isCheckout) state.resolved(found);
      });
      await checkout(options);
      output.write(Buffer.from(`checked out ${revision}\n`));
      return succeeded({ revision });
    } catch (error) {
      const again = error instanceof CheckoutError && error.transient && tried < TRIES;
      const message = state.progress.mask(messageOf(error));
      if (!again || place.stop.stop !== undefined) {
        return { ...failed(message), ...(isCheckout ? { reason: 'CheckoutFailed' } : {}) };
      }
      state.log.note(`${message}; tried again in ${wait / 1000} s`);
      await pause(wait, place.stop.signal);
      wait *= WAIT_FACTOR;
    }
  }
}

function optionsOf(call: Call, onRevision: (revision: string) => void): CheckoutOptions {
  const { parameters, place, state, output, step } = call;
  const { url, branch, into, revision, depth, credentials, submodules } = parameters;
  if (typeof url !== 'string') throw new Error('git has no url');
  const { workspace } = state.instructions;
  return {
    url,
    ...(typeof branch === 'string' && branch !== '' ? { ref: branch } : {}),
    ...(typeof revision === 'string' && revision !== '' ? { revision } : {}),
    depth: typeof depth === 'number' && depth >= 0 ? Math.floor(depth) : 1,
    submodules: submodules === true,
    ...(typeof credentials === 'string'
      ? { secret: secretFolder(state.instructions.credentials, credentials) }
      : {}),
    directory: folderWithin(workspace, place.directory, typeof into === 'string' ? into : '.'),
    replace: step === state.checkout,
    tmp: state.tmp,
    signal: place.stop.signal,
    graceMs: place.graceMs,
    onMessage: (chunk) => output.write(chunk),
    onRevision,
  };
}
