/** What the stage pod's builder and the runner agree on: where volumes are mounted and what the containers run. */
import type { Shell } from '../api/pipeline.ts';
import { loopText } from './loop.ts';

/** emptyDir, Medium Memory; in the runner and in all user containers. */
export const IO_PATH = '/otto-io';
/** emptyDir; in the runner and in all user containers. */
export const WORKSPACE_PATH = '/workspace';
/** emptyDir; HOME of the steps, in the runner and in all user containers. */
export const HOME_PATH = '/otto-home';
/** Projected service account token, in the runner only. */
export const TOKEN_PATH = '/otto-token';
export const TOKEN_FILE = '/otto-token/token';
/** One sub-folder per Secret, in the runner only. */
export const CREDENTIALS_PATH = '/otto-credentials';
/** emptyDir with a static busybox, for containers whose image has no shell. */
export const SHELL_PATH = '/otto-shell';
/** The instructions, as JSON cut into OTTO_INSTRUCTIONS_0, _1, … */
export const INSTRUCTIONS_VARIABLE = 'OTTO_INSTRUCTIONS_';
/** Longest of these variables: the kernel refuses a string of 128 KiB or more at exec. */
export const INSTRUCTIONS_CHUNK_BYTES: number = 96 * 1024;

/** FIFOs for the output of steps that are made beforehand; the runner uses them again and makes more when it must. */
export const READY_FIFOS = 4;

/**
 * Node's settings for a small, short-lived process, measured by hack/bench/runner-start.ts. Without optimising compilers
 * 8 MB of the node binary are never paged in; ordinary output still passes at over 150 MB/s.
 */
export const NODE_FLAGS: readonly string[] = [
  '--max-semi-space-size=2',
  '--v8-pool-size=1',
  '--no-opt',
  '--no-maglev',
  '--no-warnings',
];

/**
 * Command of the runner container. The FIFOs are made before Node starts, so that they are there when the kubelet
 * starts the next container.
 * @param containers names of the user containers, DNS labels.
 */
export function runnerCommand(containers: readonly string[]): string[] {
  const exec = `exec /usr/local/bin/node ${NODE_FLAGS.join(' ')} /otto/dist/src/runner/main.js`;
  return [
    '/bin/busybox',
    'sh',
    '-c',
    [...containers.map((name) => makeFolder(`${IO_PATH}/${name}`)), exec].join('\n'),
  ];
}

/** Shell command that makes a container's folder with its FIFOs. What is there already stays. */
export function makeFolder(folder: string): string {
  const ready = Array.from({ length: READY_FIFOS }, (_, i) => `ready${i}`);
  return `mkdir -p ${folder} && cd ${folder} && mkfifo -m 660 cmd ctl rep ${ready.join(' ')}`;
}

/** Command of a user container. */
export function loopCommand(container: string, shell: Shell): string[] {
  const folder = `${IO_PATH}/${container}`;
  if (shell === 'Image') return ['/bin/sh', '-c', loopText({ folder, shell: '/bin/sh' })];
  // The applets come last in the PATH, so that the image's own tools go first.
  const path = `export PATH="\${PATH:+$PATH:}${SHELL_PATH}"\n`;
  return [
    `${SHELL_PATH}/busybox`,
    'sh',
    '-c',
    path + loopText({ folder, shell: `${SHELL_PATH}/busybox sh` }),
  ];
}

/** Command of the init container (the project's image) that places the shell for containers without one. */
export function placeShellCommand(): string[] {
  const to = `${SHELL_PATH}/busybox`;
  return ['/bin/busybox', 'sh', '-c', `cp /bin/busybox ${to} && ${to} --install -s ${SHELL_PATH}`];
}
