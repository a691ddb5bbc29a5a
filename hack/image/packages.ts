// The programs of Debian that image builds need on this machine, installed when one is root and they are absent.

import { run } from '../tools/command.ts';
import { onPath } from '../tools/path.ts';

export type Log = (line: string) => void;

export async function needPrograms(programs: readonly string[], log: Log): Promise<void> {
  const missing = programs.filter((program) => onPath(program) === undefined);
  if (missing.length === 0) return;
  const packages = missing.map((program) => packageOf[program] ?? program);
  if (process.getuid?.() !== 0 || onPath('apt-get') === undefined) {
    throw new Error(
      `image builds need ${missing.join(', ')}: install the Debian packages ${packages.join(' ')}, or start Docker or Podman`,
    );
  }
  log(`installing Debian packages: ${packages.join(' ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run(['apt-get', 'update', '-q'], { env, timeout: 180_000 });
  await run(['apt-get', 'install', '-qy', '--no-install-recommends', ...packages], { env, timeout: 300_000 });
}

const packageOf: Readonly<Record<string, string>> = { strip: 'binutils', gcc: 'gcc', go: 'golang-go' };
