// Command line of the image builds: main.ts otto | examples [NAME…] | all | list | stage FOLDER.
import { resolve } from 'node:path';
import { type BuiltImage, buildOttoImage } from './build.ts';
import { exampleImage } from './examples.ts';
import { exampleImages, exampleNames, isExampleName } from './images.ts';
import { stage } from './stage.ts';

const usage = 'usage: hack/image/main.ts otto | examples [NAME…] | all | list | stage FOLDER';
const log = (line: string): void => console.error(`otto: ${line}`);

const megabytes = (bytes: number | undefined): string =>
  bytes === undefined ? '-' : `${(bytes / 1e6).toFixed(1)} MB`;

function print({ ref, archive, bytes, digest, unpacked }: BuiltImage): void {
  console.log(
    `${ref}\n  archive ${archive}\n  size    ${megabytes(bytes)}, unpacked ${megabytes(unpacked)}\n  digest  ${digest ?? '-'}`,
  );
}

async function printExamples(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !isExampleName(name));
  if (unknown.length > 0)
    throw new Error(`no image is named ${unknown.join(', ')}; there are ${exampleNames.join(', ')}`);
  const wanted = names.length === 0 ? exampleNames : names.filter(isExampleName);
  for (const name of wanted) print(await exampleImage(name, log));
}

const [verb, ...args] = process.argv.slice(2);
switch (verb ?? '') {
  case 'otto':
    print(await buildOttoImage({ log }));
    break;
  case 'examples':
    await printExamples(args);
    break;
  case 'all':
    print(await buildOttoImage({ log }));
    await printExamples([]);
    break;
  case 'list':
    for (const name of exampleNames) {
      const { ref, description, standsInFor } = exampleImages[name];
      console.log(
        `${ref}\n  ${description}${standsInFor.length === 0 ? '' : `\n  also as ${standsInFor.join(', ')}`}`,
      );
    }
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
