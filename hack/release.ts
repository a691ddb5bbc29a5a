// What a release consists of, into dist/release: the image as an archive and the chart as a package.
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildOttoImage } from './image/build.ts';
import { progress } from './install/progress.ts';
import { run } from './tools/command.ts';
import { tool } from './tools/tools.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(root, 'dist/release');
const log = progress();

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
const image = await buildOttoImage({ log });
await copyFile(image.archive, join(target, basename(image.archive)));
const helm = await tool('helm', { log });
await run([helm, 'lint', '--strict', join(root, 'charts/otto')]);
const { stdout } = await run([helm, 'package', join(root, 'charts/otto'), '--destination', target]);
log(stdout.trim());
log(
  `${image.ref}: ${(image.bytes / 1e6).toFixed(1)} MB packed, ${((image.unpacked ?? 0) / 1e6).toFixed(0)} MB unpacked`,
);
console.log(target);
