/**
 * Makes from crds/, stdlib/, the chart's values and the operator's settings all that follows from them:
 * `node hack/generate/main.ts`. With `--check` it writes nothing and fails if a file differs from what it would make.
 */
import { join } from 'node:path';
import { drift, writeOutputs } from './drift.ts';
import { outputs } from './outputs.ts';

const root = join(import.meta.dirname, '../..');
const [option, ...rest] = process.argv.slice(2);
if (rest.length > 0 || (option !== undefined && option !== '--check')) {
  console.error('usage: node hack/generate/main.ts [--check]');
  process.exit(2);
}
const made = await outputs(root);
const differences = await drift(root, made);
if (option === '--check') {
  for (const difference of differences) console.error(difference);
  if (differences.length > 0) {
    console.error(
      'generated files are not up to date: run `node hack/generate/main.ts` and commit the result',
    );
    process.exit(1);
  }
} else {
  await writeOutputs(root, made);
}
console.log(`${made.size} files, ${differences.length} ${option === '--check' ? 'different' : 'changed'}`);
