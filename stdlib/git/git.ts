/** The git program, run so that nothing but what is given here decides what it does. */
import { runProgram } from '../../src/runner/process-group.ts';

export interface GitOptions {
  /** Where the repository's own files are; absent: there is none yet. */
  gitDir?: string;
  workTree?: string;
  /** A folder that is nobody else's: HOME of git, ssh and curl. */
  home: string;
  /** Further settings. They travel in the environment: arguments can be read by every process of the machine. */
  config: readonly (readonly [key: string, value: string])[];
  /** Further variables. */
  env: Readonly<Record<string, string>>;
  signal: AbortSignal;
  graceMs: number;
  /** What git says to people. */
  onMessage: (chunk: Buffer) => void;
}

export interface GitEnd {
  code: number;
  stdout: string;
  /** Its last part. */
  stderr: string;
}

/**
 * A workspace is written by user code, HOME and /etc by whoever made the image: no settings, hooks, helpers or
 * transports come from there.
 */
const SAFE: readonly (readonly [string, string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.sshCommand', 'ssh'],
  ['core.askPass', ''],
  ['credential.helper', ''],
  ['credential.interactive', 'false'],
  ['protocol.allow', 'never'],
  ['protocol.https.allow', 'always'],
  ['protocol.http.allow', 'always'],
  ['protocol.ssh.allow', 'always'],
  ['http.followRedirects', 'initial'],
  ['submodule.recurse', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['advice.detachedHead', 'false'],
  ['init.defaultBranch', 'main'],
  ['safe.directory', '*'],
];

/** Of the runner's own container, set by whoever runs the cluster. */
const PASSED = [
  'PATH',
  'TMPDIR',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'all_proxy',
  'HTTPS_PROXY',
  'NO_PROXY',
  'ALL_PROXY',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
];
const LONGEST_STDOUT = 16 * 1024 * 1024;
const KEPT_STDERR = 16 * 1024;

/** Does not throw for an exit code. @throws Error when git cannot be started. */
export async function git(args: readonly string[], options: GitOptions): Promise<GitEnd> {
  const { signal, graceMs, onMessage } = options;
  let stdout = '';
  let stderr = '';
  const { code } = await runProgram('git', args, {
    // Where nobody can write: a link in the workspace to /proc/self/cwd would lead to it.
    cwd: '/',
    env: environment(options),
    signal,
    graceMs,
    onStdout: (chunk) => {
      if (stdout.length < LONGEST_STDOUT) stdout += chunk.toString('utf8');
    },
    onStderr: (chunk) => {
      stderr = (stderr + chunk.toString('utf8')).slice(-KEPT_STDERR);
      onMessage(chunk);
    },
  });
  return { code, stdout, stderr };
}

function environment({ gitDir, workTree, home, config, env }: GitOptions): Record<string, string> {
  const result: Record<string, string> = {};
  for (const name of PASSED) {
    const value = process.env[name];
    if (value !== undefined) result[name] = value;
  }
  const all = [...SAFE, ...config];
  for (const [index, [key, value]] of all.entries()) {
    result[`GIT_CONFIG_KEY_${index}`] = key;
    result[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return {
    ...result,
    GIT_CONFIG_COUNT: String(all.length),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_ALLOW_PROTOCOL: 'https:http:ssh',
    GIT_CEILING_DIRECTORIES: '/',
    HOME: home,
    XDG_CONFIG_HOME: home,
    // Messages are read by program, see trouble.ts.
    LC_ALL: 'C.UTF-8',
    LANGUAGE: 'en',
    ...(gitDir === undefined ? {} : { GIT_DIR: gitDir }),
    ...(workTree === undefined ? {} : { GIT_WORK_TREE: workTree }),
    ...env,
  };
}
