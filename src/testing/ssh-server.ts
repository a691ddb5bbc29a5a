/** An sshd on loopback that gives one key the repositories of a folder. For where the machine has one; needs root. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** OTTO_SSHD names one that is not where distributions put it. */
export function findSshd(): string | undefined {
  return [process.env['OTTO_SSHD'], '/usr/sbin/sshd'].find((path) => path !== undefined && existsSync(path));
}

export class SshServer {
  readonly root: string = mkdtempSync(join(tmpdir(), 'otto-sshd-'));
  #process: ChildProcess | undefined;
  #port = 0;

  /** @throws Error with what sshd said. */
  async listen(sshd: string): Promise<void> {
    this.#port = await freePort();
    for (const key of ['host', 'user']) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(this.root, key)]);
    }
    const config = [
      `Port ${this.#port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${this.root}/host`,
      `AuthorizedKeysFile ${this.root}/user.pub`,
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'PermitRootLogin yes',
      `PidFile ${this.root}/pid`,
    ];
    writeFileSync(join(this.root, 'config'), `${config.join('\n')}\n`);
    const child = spawn(sshd, ['-D', '-e', '-f', join(this.root, 'config')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = child;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes('Server listening')) resolve();
      });
      child.on('error', reject);
      child.on('exit', () => reject(new Error(`sshd ended: ${said}`)));
    });
  }

  url(path: string): string {
    return `ssh://root@127.0.0.1:${this.#port}${path}`;
  }

  /** The private key that is let in. */
  get key(): string {
    return readFileSync(join(this.root, 'user'), 'utf8');
  }

  get knownHosts(): string {
    const [type = '', key = ''] = readFileSync(join(this.root, 'host.pub'), 'utf8').split(' ');
    return `[127.0.0.1]:${this.#port} ${type} ${key}\n`;
  }

  async close(): Promise<void> {
    const child = this.#process;
    if (child !== undefined && child.exitCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    }
    rmSync(this.root, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
