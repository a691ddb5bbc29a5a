// The programs of Debian that image builds need on this machine, installed when one is root and they are absent.

import { aptInstall, canInstall } from '../tools/apt.ts';
import { onPath } from '../tools/path.ts';

export type Log = (line: string) => void;

export async function needPrograms(programs: readonly string[], log: Log): Promise<void> {
  const missing = (): string[] =>
    programs
      .filter((program) => onPath(program) === undefined)
      .map((program) => packageOf[program] ?? program);
  const packages = missing();
  if (packages.length === 0) return;
  if (!canInstall()) {
    throw new Error(
      `image builds need the Debian packages ${packages.join(' ')}: install them, or start Docker or Podman`,
    );
  }
  await aptInstall(missing, log);
}

const packageOf: Readonly<Record<string, string>> = { strip: 'binutils', gcc: 'gcc', go: 'golang-go' };
