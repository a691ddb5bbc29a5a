/** Runners know this step themselves; this is it as a program, by the step contract. */
import { required, text } from '../../src/runner/fields.ts';
import { EXIT, main } from '../../src/runner/step-client.ts';

await main(async ({ parameters, control }) => {
  const directory = required(text(parameters, 'directory', 4096), 'directory');
  // The runner makes the folder, and refuses one that is not in the workspace.
  const { result } = await control({ type: 'RunBlock', directory });
  return result === 'Succeeded' ? EXIT.successful : EXIT.failed;
});
