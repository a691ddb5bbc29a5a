// Command line of the image builds: main.ts otto | stage FOLDER.
import { resolve } from 'node:path';
import { type BuiltImage, buildOttoImage } from './build.ts';
import { stage } from './stage.ts';

const usage = 'usage: hack/image/main.ts otto | stage FOLDER';
const log = (line: string): void => console.error(`otto: ${line}`);

const megabytes = (bytes: number | undefined): string =>
  bytes === undefined ? '-' : `${(bytes / 1e6).toFixed(1)} MB`;

function print({ ref, archive, bytes, digest, unpacked }: BuiltImage): void {
  console.log(
    `${ref}\n  archive ${archive}\n  size    ${megabytes(bytes)}, unpacked ${megabytes(unpacked)}\n  digest  ${digest ?? '-'}`,
  );
}

const [verb, ...args] = process.argv.slice(2);
switch (verb ?? '') {
  case 'otto':
    print(await buildOttoImage({ log }));
    break;
  case 'stage': {
    const [folder] = args;
    if (folder === undefined) throw new Error(usage);
    await stage({ root: process.cwd(), target: resolve(folder) });
    break;
  }
  default:
    console.error(usage);
    process.exitCode = 64;
}
