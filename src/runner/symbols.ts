/** The steps that the runner knows itself, for speed; any other comes from the library's folders. */
import { failed, messageOf, type Outcome, stopped } from './outcome.ts';
import { runScript } from './run-script.ts';
import type { Call, Place } from './stage-state.ts';
import { folderWithin } from './workspace.ts';

export function runsInContainer(symbol: string): boolean {
  return symbol === 'sh';
}

/** @param block runs the steps that this one holds. */
export async function perform(call: Call, block: (place: Place) => Promise<Outcome>): Promise<Outcome> {
  const { step, place, output } = call;
  if (place.stop.stop !== undefined) return stopped({ result: 'Failed', outputs: {} }, place.stop.stop);
  switch (step.symbol) {
    case 'sh':
      return runScript(call);
    case 'echo':
      output.write(Buffer.from(`${text(call, 'message')}\n`));
      return { result: 'Succeeded', outputs: {} };
    case 'error':
      return failed(text(call, 'message'));
    case 'dir':
      return dir(call, block);
    case 'group':
      return block(place);
    case 'git': {
      const { runGit } = await import('./run-git.ts');
      return runGit(call);
    }
    default: {
      const { runLibraryStep } = await import('./library-step.ts');
      return runLibraryStep(call, block);
    }
  }
}

function dir(call: Call, block: (place: Place) => Promise<Outcome>): Promise<Outcome> | Outcome {
  const { place, state } = call;
  let directory: string;
  try {
    directory = folderWithin(state.instructions.workspace, place.directory, text(call, 'directory'));
  } catch (error) {
    return failed(messageOf(error));
  }
  return block({ ...place, directory });
}

export function text(call: Call, name: string): string {
  const value = call.parameters[name];
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
}
