/** Runners know this step themselves; this is it as a program, by the step contract. */
import { EXIT, main } from '../../src/runner/step-client.ts';

await main(async ({ control }) => {
  const { result } = await control({ type: 'RunBlock' });
  return result === 'Succeeded' ? EXIT.successful : EXIT.failed;
});
