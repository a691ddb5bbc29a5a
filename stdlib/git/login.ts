/**
 * A Secret as git and ssh need it. The values are in files that only the runner has: never in an argument, a variable
 * of the user's, the repository's config or the log.
 */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Address } from './address.ts';

export interface Login {
  config: (readonly [string, string])[];
  env: Record<string, string>;
}

/**
 * @param secret the Secret's folder.
 * @param home a folder that only the runner has.
 * @throws Error that says which key the Secret lacks.
 */
export function loginFor(address: Address, secret: string | undefined, home: string): Login {
  return address.transport === 'ssh' ? sshLogin(secret, home) : httpLogin(address, secret, home);
}

function httpLogin({ origin }: Address, secret: string | undefined, home: string): Login {
  if (secret === undefined) return { config: [], env: {} };
  const password = read(secret, 'password');
  const username = read(secret, 'username') ?? 'git';
  if (password === undefined) {
    throw new Error(
      existsSync(join(secret, 'ssh-privatekey'))
        ? 'the Secret holds an ssh key: use the ssh address of the repository'
        : 'the Secret has no key password: it must be of type kubernetes.io/basic-auth',
    );
  }
  const bad = /[\n\0]/;
  if (bad.test(username) || bad.test(password))
    throw new Error('username and password of the Secret have one line each');
  const file = join(home, 'login');
  writeFileSync(file, `username=${username}\npassword=${password}\n`, { mode: 0o600 });
  // For this origin alone: a redirect to another gets no password.
  const helper = `!f() { if [ "$1" = get ]; then cat '${file}'; fi; }; f`;
  return { config: [[`credential.${origin}.helper`, helper]], env: {} };
}

function sshLogin(secret: string | undefined, home: string): Login {
  const words = ['ssh', '-F', '/dev/null', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=20'];
  words.push('-o', 'GlobalKnownHostsFile=/dev/null', '-o', `UserKnownHostsFile=${join(home, 'known_hosts')}`);
  words.push('-o', 'IdentitiesOnly=yes', '-o', 'IdentityAgent=none', '-o', 'UpdateHostKeys=no');
  words.push('-o', 'ForwardAgent=no', '-o', 'PermitLocalCommand=no');
  if (secret !== undefined) {
    const key = read(secret, 'ssh-privatekey');
    if (key === undefined) {
      throw new Error('the Secret has no key ssh-privatekey: it must be of type kubernetes.io/ssh-auth');
    }
    const file = join(home, 'key');
    // ssh refuses a key that others can read, and one without its last newline.
    writeFileSync(file, `${key.replaceAll('\r\n', '\n').trimEnd()}\n`, { mode: 0o600 });
    chmodSync(file, 0o600);
    words.push('-i', file);
  }
  const knownHosts = secret === undefined ? undefined : read(secret, 'known_hosts');
  if (knownHosts === undefined) {
    // Trusted at first sight, it would be so in each stage anew: whoever stands between could hand over any code.
    throw new Error(
      'no ssh host is trusted without known_hosts in the Secret (`ssh-keyscan HOST` prints it)',
    );
  }
  writeFileSync(join(home, 'known_hosts'), `${knownHosts}\n`, { mode: 0o600 });
  words.push('-o', 'StrictHostKeyChecking=yes');
  const command = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  return { config: [], env: { GIT_SSH_COMMAND: command, GIT_SSH_VARIANT: 'ssh', ...userEntry(home) } };
}

/** ssh wants to know its user by name, and a stage may run as a user that no passwd file has. */
function userEntry(home: string): Record<string, string> {
  try {
    userInfo();
    return {};
  } catch {
    const uid = process.getuid?.() ?? 0;
    const gid = process.getgid?.() ?? 0;
    writeFileSync(join(home, 'passwd'), `otto:x:${uid}:${gid}:otto:${home}:/bin/sh\n`);
    writeFileSync(join(home, 'group'), `otto:x:${gid}:\n`);
    return {
      LD_PRELOAD: 'libnss_wrapper.so',
      NSS_WRAPPER_PASSWD: join(home, 'passwd'),
      NSS_WRAPPER_GROUP: join(home, 'group'),
    };
  }
}

/** Without the newline that many editors leave at the end. */
function read(secret: string, key: string): string | undefined {
  const path = join(secret, key);
  return existsSync(path) ? readFileSync(path, 'utf8').replace(/\r?\n$/, '') : undefined;
}
