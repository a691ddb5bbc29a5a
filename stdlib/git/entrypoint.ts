/** Runners call checkout.ts in their own process; this is the step as a program, by the step contract. */
import { appendFileSync } from 'node:fs';
import { fields, flag, present, required, text, whole } from '../../src/runner/fields.ts';
import { EXIT, main } from '../../src/runner/step-client.ts';
import { folderWithin } from '../../src/runner/workspace.ts';
import { checkout } from './checkout.ts';

const GRACE_MS = 5000;

await main(async ({ configuration, parameters }) => {
  const abort = new AbortController();
  process.on('SIGTERM', () => abort.abort());
  const word = (name: string): string | undefined => text(parameters, name, 8192) || undefined;
  const workspace = required(text(configuration, 'workspace', 4096), 'configuration.workspace');
  const credentials = fields(configuration['credentials'] ?? {}, 'configuration.credentials');
  const revision = await checkout({
    url: required(word('url'), 'url'),
    ...present('ref', word('branch')),
    ...present('revision', word('revision')),
    ...present('secret', text(credentials, 'credentials', 4096)),
    depth: whole(parameters, 'depth', 0) ?? 1,
    submodules: flag(parameters, 'submodules') ?? false,
    directory: folderWithin(workspace, process.cwd(), word('into') ?? '.'),
    replace: false,
    tmp: required(text(configuration, 'tmp', 4096), 'configuration.tmp'),
    signal: abort.signal,
    graceMs: GRACE_MS,
    onMessage: (chunk) => process.stderr.write(chunk),
    onRevision: () => {},
  });
  process.stdout.write(`checked out ${revision}\n`);
  const outputs = process.env['OTTO_OUTPUT'];
  if (outputs !== undefined) appendFileSync(outputs, `revision=${revision}\n`);
  return EXIT.successful;
});
