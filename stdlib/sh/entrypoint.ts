/**
 * Runners of stage pods run scripts in the user's container themselves. This is the step as a program, by the step
 * contract, for where there is no container: the script runs beside it.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { flag, required, text } from '../../src/runner/fields.ts';
import { EXIT, main } from '../../src/runner/step-client.ts';

await main(({ configuration, parameters }) => {
  const script = required(text(parameters, 'script', Number.MAX_SAFE_INTEGER), 'script').replaceAll(
    '\r\n',
    '\n',
  );
  const file = join(required(text(configuration, 'tmp', 4096), 'configuration.tmp'), 'script');
  writeFileSync(file, `${script}\n`, { mode: 0o700 });
  const keep = flag(parameters, 'returnStdout') === true;
  const [program, args] = script.startsWith('#!') ? [file, []] : ['/bin/sh', ['-xe', file]];
  const end = spawnSync(program, args, {
    stdio: ['ignore', keep ? 'pipe' : 'inherit', 'inherit'],
    maxBuffer: 1024 * 1024,
  });
  if (end.error !== undefined) throw end.error;
  const status = end.status ?? 128;
  if (keep) output('stdout', end.stdout.toString('utf8').replace(/[\r\n]+$/, ''));
  if (flag(parameters, 'returnStatus') !== true) return status === 0 ? EXIT.successful : EXIT.failed;
  output('status', String(status));
  return EXIT.successful;
});

function output(name: string, value: string): void {
  const path = process.env['OTTO_OUTPUT'];
  const end = `END-${process.pid}-${Date.now()}`;
  if (path !== undefined) appendFileSync(path, `${name}<<${end}\n${value}\n${end}\n`);
}
