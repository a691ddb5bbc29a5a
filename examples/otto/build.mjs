// Turns the TypeScript of src/ into JavaScript with nothing but Node: `node build.mjs FOLDER`.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';

const target = process.argv[2] ?? 'dist';
let count = 0;
for (const file of await readdir('src', { recursive: true })) {
  if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
  const code = stripTypeScriptTypes(await readFile(join('src', file), 'utf8'));
  const out = join(target, 'src', `${file.slice(0, -'.ts'.length)}.js`);
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, code.replaceAll(/(from '\.{1,2}\/[^']*)\.ts'/g, "$1.js'"));
  count++;
}
await writeFile(join(target, 'package.json'), '{"type": "module"}\n');
await writeFile(
  join(target, 'try.mjs'),
  `import { formatDuration, parseDuration } from './src/plan/duration.js';
const seconds = parseDuration('1h30m');
console.log('1h30m is', seconds, 's, and back', formatDuration(seconds));
if (formatDuration(seconds) !== '1h30m') process.exit(1);
`,
);
console.log(`${count} files in ${target}`);
