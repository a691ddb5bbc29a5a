import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GitServer } from '../../src/testing/git-server.ts';
import { findSshd, SshServer } from '../../src/testing/ssh-server.ts';
import { checkout } from './checkout.ts';

const sshd = findSshd();

// Only some machines have a server; the cluster's own tests have one always.
if (sshd !== undefined) {
  describe('a checkout over ssh', () => {
    let root: string;
    let server: SshServer;
    let repositories: GitServer;
    let commit: string;

    beforeEach(async () => {
      root = mkdtempSync(join(tmpdir(), 'otto-ssh-'));
      for (const folder of ['workspace', 'tmp', 'secret']) mkdirSync(join(root, folder));
      repositories = new GitServer();
      commit = repositories.repository('app', { a: 'x' });
      server = new SshServer();
      await server.listen(sshd);
    });
    afterEach(async () => {
      await server.close();
      rmSync(repositories.root, { recursive: true, force: true });
      rmSync(root, { recursive: true, force: true });
    });

    function run(files: Readonly<Record<string, string>>): Promise<string> {
      for (const [name, value] of Object.entries(files)) writeFileSync(join(root, 'secret', name), value);
      return checkout({
        url: server.url(join(repositories.root, 'app/.git')),
        depth: 1,
        submodules: false,
        secret: join(root, 'secret'),
        directory: join(root, 'workspace'),
        replace: false,
        tmp: join(root, 'tmp'),
        signal: new AbortController().signal,
        graceMs: 1000,
        onMessage: () => {},
        onRevision: () => {},
      });
    }

    it('uses the key and checks the host, and leaves neither in the workspace', async () => {
      const files = { 'ssh-privatekey': server.key.trimEnd(), known_hosts: server.knownHosts };
      assert.equal(await run(files), commit);
      assert.equal(readFileSync(join(root, 'workspace/a'), 'utf8'), 'x');
      const line = server.key.split('\n')[2] ?? 'none';
      const found = execFileSync('sh', [
        '-c',
        `grep -rlF -e '${line}' '${root}/workspace' '${root}/tmp' || true`,
      ]);
      assert.equal(found.toString(), '');
    });

    it('trusts no host without known_hosts, and says how to get it', async () => {
      await assert.rejects(run({ 'ssh-privatekey': server.key }), /no ssh host is trusted .*ssh-keyscan/);
    });

    it('goes to no other host than the one that is known', async () => {
      const other = server.knownHosts.replace(/AAAA\S+/, (key) => `${key.slice(0, -6)}aaaaaa`);
      await assert.rejects(
        run({ 'ssh-privatekey': server.key, known_hosts: other }),
        /host key of the server is not the one in known_hosts/,
      );
    });

    it('says that the key is refused', async () => {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(root, 'tmp/other')]);
      const key = readFileSync(join(root, 'tmp/other'), 'utf8');
      await assert.rejects(
        run({ 'ssh-privatekey': key, known_hosts: server.knownHosts }),
        /the server refused the ssh key/,
      );
    });

    it('says that the Secret has no key', async () => {
      await assert.rejects(run({ password: 'x' }), /no key ssh-privatekey/);
    });
  });
}
