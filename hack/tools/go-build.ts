import { symlink } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import type { Tool } from './catalogue.ts';
import { run } from './command.ts';
import { onPath } from './path.ts';

export type Log = (line: string) => void;

const kubernetesNames = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'kubectl',
];

/** Builds one program into the folder, static and reproducible, and says every ten seconds that it still does. */
export async function goBuild(folder: string, program: string, tool: Tool, log: Log): Promise<void> {
  const go = onPath('go');
  if (go === undefined) {
    throw new Error(
      `${program} ${tool.version} is built from its Go module and there is no \`go\` on PATH: install Go 1.25 or later (https://go.dev/doc/install), or put a \`${program}\` where \`--help\` of the command says`,
    );
  }
  const started = Date.now();
  log(`${program} ${tool.version}: building from its Go module (once; cached afterwards)`);
  const ticker = setInterval(() => {
    log(`${program} ${tool.version}: building, ${Math.round((Date.now() - started) / 1000)} s`);
  }, 10_000);
  try {
    const command = goCommand(go, folder, tool);
    await run(command.argv, { cwd: command.cwd, env: command.env, timeout: 30 * 60_000 });
  } finally {
    clearInterval(ticker);
  }
  if (program === 'kubernetes')
    for (const name of kubernetesNames) await symlink(program, join(folder, name));
  log(`${program} ${tool.version}: built in ${Math.round((Date.now() - started) / 1000)} s`);
}

export interface GoCommand {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export function goCommand(go: string, folder: string, { version, build, stamps }: Tool): GoCommand {
  const ldflags = ['-s', '-w', ...Object.entries(stamps).map(([name, value]) => `-X ${name}=${value}`)].join(
    ' ',
  );
  // Low priority, because a build of minutes must not make the machine unusable.
  const nice = platform() === 'win32' ? [] : ['nice'];
  const flags = ['-trimpath', '-buildvcs=false', '-ldflags', ldflags];
  const target = {
    CGO_ENABLED: '0',
    GOOS: platform() === 'win32' ? 'windows' : platform(),
    GOARCH: goArch(),
  };
  if (build.kind === 'folder') {
    // A folder as the target: each program is named after its package.
    const argv = [...nice, go, 'build', ...flags, '-mod=readonly', '-o', `${folder}/`, ...build.packages];
    return { argv, cwd: build.folder, env: target };
  }
  const argv = [...nice, go, 'install', ...flags, `${build.package}@${version}`];
  // GOFLAGS of the surroundings (-mod=vendor and the like) must not reach a build outside of any module.
  return { argv, cwd: folder, env: { ...target, GOBIN: folder, GOFLAGS: '' } };
}

function goArch(): string {
  return arch() === 'x64' ? 'amd64' : arch();
}
