import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GitServer } from '../../src/testing/git-server.ts';
import { type CheckoutOptions, checkout } from './checkout.ts';

const LOGIN = { username: 'deploy', password: 'hunter2-and-more' };

describe('a checkout', () => {
  let root: string;
  let server: GitServer;
  let said: string;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'otto-checkout-'));
    for (const folder of ['workspace', 'tmp', 'secret']) mkdirSync(join(root, folder));
    said = '';
    server = new GitServer();
    await server.listen();
  });
  afterEach(async () => {
    await server.close();
    rmSync(root, { recursive: true, force: true });
  });

  async function use(other: GitServer): Promise<void> {
    await server.close();
    server = other;
    await server.listen();
  }

  function run(given: Partial<CheckoutOptions>): Promise<string> {
    return checkout({
      url: server.url('app'),
      depth: 1,
      submodules: false,
      directory: join(root, 'workspace'),
      replace: false,
      tmp: join(root, 'tmp'),
      signal: new AbortController().signal,
      graceMs: 1000,
      onMessage: (chunk) => {
        said += chunk.toString();
      },
      onRevision: () => {},
      ...given,
    });
  }
  const file = (name: string): string => readFileSync(join(root, 'workspace', name), 'utf8');
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'safe.directory=*', ...args], {
      cwd: join(root, 'workspace'),
      encoding: 'utf8',
    }).trim();

  it('takes HEAD where nothing else is said, and leaves a repository that works', async () => {
    const commit = server.repository('app', { 'a/b.txt': 'hello' });
    assert.equal(await run({}), commit);
    assert.equal(file('a/b.txt'), 'hello');
    assert.equal(git('status', '--porcelain'), '');
    assert.equal(git('rev-parse', 'HEAD'), commit);
    assert.deepEqual(readdirSync(join(root, 'tmp')), []);
  });

  it('tells the revision before the files are there', async () => {
    server.repository('app', { a: 'x' });
    let early: boolean | undefined;
    await run({
      onRevision: () => {
        early = !existsSync(join(root, 'workspace/a'));
      },
    });
    assert.equal(early, true);
  });

  for (const [ref, branch] of [
    ['feature/x', 'feature/x'],
    ['refs/heads/feature/x', 'feature/x'],
    ['v1', 'HEAD'],
    ['refs/tags/v1', 'HEAD'],
    ['annotated', 'HEAD'],
  ] as const) {
    for (const depth of [0, 1]) {
      it(`finds ${ref} with ${depth === 0 ? 'all history' : `depth ${depth}`}`, async () => {
        server.repository('app', { a: '1' });
        const commit = server.commit('app', { a: '2' });
        server.git('app', 'branch', 'feature/x');
        server.git('app', 'tag', 'v1');
        server.git('app', 'tag', '-m', 'a tag', 'annotated');
        server.commit('app', { a: '3' });
        assert.equal(await run({ ref, depth }), commit);
        assert.equal(file('a'), '2');
        assert.equal(git('rev-parse', '--abbrev-ref', 'HEAD'), branch);
        assert.equal(git('rev-list', '--count', 'HEAD'), depth === 0 ? '2' : '1');
        if (depth === 0) assert.equal(git('describe', '--tags', '--match', 'v1'), 'v1');
      });
    }
  }

  it('takes a revision that no branch ends at', async () => {
    const first = server.repository('app', { a: '1' });
    server.commit('app', { a: '2' });
    assert.equal(await run({ revision: first }), first);
    assert.equal(git('rev-list', '--count', 'HEAD'), '1');
  });

  it('takes a revision of an old server, that gives none by its id', async () => {
    await use(new GitServer({ old: true }));
    const first = server.repository('app', { a: '1' });
    server.commit('app', { a: '2' });
    assert.equal(await run({ revision: first }), first);
    assert.equal(file('a'), '1');
  });

  it('takes a short revision', async () => {
    const first = server.repository('app', { a: '1' });
    server.commit('app', { a: '2' });
    assert.equal(await run({ revision: first.slice(0, 10) }), first);
  });

  describe('with a login', () => {
    beforeEach(async () => {
      await use(new GitServer({ login: LOGIN }));
      server.repository('app', { a: 'x' });
      for (const [key, value] of Object.entries(LOGIN))
        writeFileSync(join(root, 'secret', key), `${value}\n`);
    });

    it('uses it, and leaves it nowhere', async () => {
      await run({ secret: join(root, 'secret') });
      assert.equal(file('a'), 'x');
      const found = execFileSync('sh', ['-c', `grep -rl hunter2 '${root}/workspace' '${root}/tmp' || true`]);
      assert.equal(found.toString(), '');
      assert.doesNotMatch(said, /hunter2/);
    });

    it('says that one is needed', async () => {
      await assert.rejects(run({}), /asks for a login: name a Secret/);
    });

    it('says that it is refused', async () => {
      writeFileSync(join(root, 'secret/password'), 'wrong');
      await assert.rejects(
        run({ secret: join(root, 'secret') }),
        /refused the login: check username and password/,
      );
    });

    it('gives it to no other server, though a submodule asks for it', async () => {
      const other = new GitServer({ login: LOGIN });
      await other.listen();
      try {
        const commit = other.repository('lib', { l: '1' });
        server.commit('app', {
          '.gitmodules': `[submodule "lib"]\n\tpath = lib\n\turl = ${other.url('lib')}\n`,
        });
        server.git('app', 'update-index', '--add', '--cacheinfo', `160000,${commit},lib`);
        server.git('app', 'commit', '-q', '-m', 'submodule');
        await assert.rejects(
          run({ secret: join(root, 'secret'), submodules: true }),
          /submodule lib: the server asks for a login/,
        );
        assert.ok(other.answers.every((answer) => answer.endsWith(' 401')));
      } finally {
        await other.close();
      }
    });
  });

  it('brings submodules within submodules, relative addresses too', async () => {
    const leaf = server.repository('leaf', { deep: 'leaf' });
    server.repository('lib', { '.gitmodules': '[submodule "leaf"]\n\tpath = x/leaf\n\turl = ../leaf.git\n' });
    server.git('lib', 'update-index', '--add', '--cacheinfo', `160000,${leaf},x/leaf`);
    server.git('lib', 'commit', '-q', '-m', 'submodule');
    const lib = server.git('lib', 'rev-parse', 'HEAD');
    server.repository('app', { '.gitmodules': '[submodule "lib"]\n\tpath = lib\n\turl = ../lib.git\n' });
    server.git('app', 'update-index', '--add', '--cacheinfo', `160000,${lib},lib`);
    server.git('app', 'commit', '-q', '-m', 'submodule');
    await run({ submodules: true });
    assert.equal(file('lib/x/leaf/deep'), 'leaf');
    assert.equal(git('submodule', 'status').split(' ')[0], lib);
    assert.equal(git('status', '--porcelain'), '');
  });

  it('follows no submodule out of the workspace', async () => {
    const commit = server.repository('lib', { l: '1' });
    server.repository('app', { '.gitmodules': '[submodule "lib"]\n\tpath = link/lib\n\turl = ../lib.git\n' });
    server.git('app', 'update-index', '--add', '--cacheinfo', `160000,${commit},link/lib`);
    server.git('app', 'commit', '-q', '-m', 'submodule');
    mkdirSync(join(root, 'outside'));
    symlinkSync(join(root, 'outside'), join(root, 'workspace/link'));
    // git replaces the link by a folder, or Otto refuses it: nothing is written outside.
    await run({ submodules: true }).catch(() => {});
    assert.deepEqual(readdirSync(join(root, 'outside')), []);
  });

  describe('in a workspace that user code has prepared', () => {
    it('runs no hook, helper or filter of a repository that lies there', async () => {
      server.repository('app', { a: 'x', '.gitattributes': '* filter=evil\n' });
      execFileSync('git', ['init', '-q', join(root, 'workspace')]);
      const evil = `touch ${join(root, 'evil')}`;
      const config = `[core]\n\tfsmonitor = ${evil}\n\tsshCommand = ${evil}\n\thooksPath = ${root}/hooks\n[filter "evil"]\n\tsmudge = ${evil}\n\tclean = ${evil}\n[credential]\n\thelper = !${evil}\n`;
      writeFileSync(join(root, 'workspace/.git/config'), config);
      mkdirSync(join(root, 'hooks'));
      writeFileSync(join(root, 'hooks/post-checkout'), `#!/bin/sh\n${evil}\n`, { mode: 0o755 });
      await assert.rejects(run({}), /there is a git repository in this folder already/);
      await run({ replace: true });
      assert.ok(!existsSync(join(root, 'evil')));
      assert.equal(file('a'), 'x');
      assert.doesNotMatch(file('.git/config'), /evil/);
    });

    for (const [where, link] of [
      ['into the folder of git itself', '/proc/self/cwd'],
      ['elsewhere', '../elsewhere'],
    ] as const) {
      it(`follows no link ${where} that takes the place of its folder while it fetches`, async () => {
        const evil = '[filter "x"]\n\tsmudge = touch pwned\n';
        server.repository('app', { 'repository/config': evil, login: 'mine', a: 'x' });
        mkdirSync(join(root, 'elsewhere'));
        const folder = join(root, 'workspace/sub');
        mkdirSync(folder);
        const onRevision = (): void => {
          rmSync(folder, { recursive: true });
          symlinkSync(link, folder);
        };
        await assert.rejects(run({ directory: folder, onRevision }), /was replaced by a symbolic link/);
        assert.deepEqual(readdirSync(join(root, 'elsewhere')), []);
        assert.deepEqual(readdirSync(join(root, 'tmp')), []);
      });
    }

    it('takes links away that lie where files belong', async () => {
      server.repository('app', { 'a/b': 'x' });
      mkdirSync(join(root, 'outside'));
      symlinkSync(join(root, 'outside'), join(root, 'workspace/a'));
      await run({});
      assert.deepEqual(readdirSync(join(root, 'outside')), []);
      assert.equal(file('a/b'), 'x');
    });

    it('leaves other files of the user as they are', async () => {
      server.repository('app', { a: 'x' });
      writeFileSync(join(root, 'workspace/mine'), 'mine');
      await run({});
      assert.equal(file('mine'), 'mine');
    });
  });

  describe('that cannot be', () => {
    for (const [what, given, message] of [
      ['of a branch that is not there', { ref: 'nope' }, /has no branch or tag 'nope'/],
      ['of a commit that is not there', { revision: 'f'.repeat(40) }, /has no commit 'f{40}'/],
      ['with a ref that is an option', { ref: '--upload-pack=evil' }, /cannot be the name of a branch/],
      ['from a path of this machine', { url: '/etc' }, /is no address of a repository/],
      ['by a transport that runs commands', { url: 'ext::sh -c evil' }, /is no address|blank/],
      ['from file://', { url: 'file:///etc' }, /read over https, http or ssh, not file:/],
      ['with a password in the address', { url: 'https://u:pw@example.invalid/x' }, /has a password in it/],
      ['from a host that is an option', { url: 'ssh://-oProxyCommand=evil/x' }, /has no host|is no address/],
      ['from a server that is not there', { url: 'http://127.0.0.1:1/x.git' }, /cannot be reached/],
    ] as const) {
      it(`says so: ${what}`, async () => {
        server.repository('app', { a: 'x' });
        await assert.rejects(run(given), message);
        assert.deepEqual(readdirSync(join(root, 'tmp')), []);
      });
    }

    it('says so: of a repository that is not there', async () => {
      await assert.rejects(run({ url: server.url('nope') }), /there is no such repository/);
    });

    it('ends soon when it is told to', async () => {
      server.repository('app', { a: 'x' });
      const abort = new AbortController();
      abort.abort();
      await assert.rejects(run({ signal: abort.signal }), /ended before its end/);
    });
  });
});
