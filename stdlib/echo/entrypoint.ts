/** Runners know this step themselves; this is it as a program, by the step contract. */
import { required, text } from '../../src/runner/fields.ts';
import { EXIT, main } from '../../src/runner/step-client.ts';

await main(({ parameters }) => {
  process.stdout.write(`${required(text(parameters, 'message', Number.MAX_SAFE_INTEGER), 'message')}\n`);
  return EXIT.successful;
});
