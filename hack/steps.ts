// Checks the step library as it would ship: every manifest, and every file that one names. Prints what there is.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadLibrary } from '../src/stdlib.ts';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'stdlib');
const library = loadLibrary(folder);
let missing = 0;
for (const symbol of library.symbols()) {
  const manifest = library.get(symbol);
  if (manifest === undefined) continue;
  const parameters = manifest.parameters.map(({ name, required }) => (required ? name : `${name}?`));
  console.log(`${symbol.padEnd(10)} ${manifest.runsIn.padEnd(10)} ${parameters.join(', ')}`);
  // What the compiler makes of the source is what the manifest names.
  const entrypoint = manifest.entrypoint?.path.replace(/\.js$/, '.ts');
  for (const file of [entrypoint, 'README.md']) {
    if (file === undefined || existsSync(join(folder, symbol, file))) continue;
    console.error(`stdlib/${symbol}/${file} is not there`);
    missing++;
  }
}
process.exitCode = missing === 0 ? 0 : 1;
