/** Checkouts from a git server of the cluster, by http and ssh: what is checked out, what is said when it fails, and that no login shows. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gitLogin, gitNamespace, publishFolder } from '../hack/install/git-server.ts';
import { kubectlOf } from '../hack/install/kubectl.ts';
import type { PipelineSpec } from '../src/api/generated/types.ts';
import type { RunStatus } from '../src/api/run.ts';
import { commandsOf } from './node.ts';
import { clusterUnderTest } from './setup.ts';
import { anInlineRun, PATIENCE_MS, Space, stageOf } from './space.ts';
import { KEY_NAMESPACE, KEY_SECRET } from './ssh-key.ts';

const IMAGE = 'node:24'; // has git
const HTTP = 'http://git.git/private/e2e.git';
const SSH = 'ssh://git@git.git/srv/git/private/e2e.git';
const WRONG_PASSWORD = 'not-the-password-3141';

/** What a script of the user's finds when it looks for a login. */
const LOOK = `#!/bin/sh
echo "== mounts"; cat /proc/mounts
echo "== env"; env
echo "== git"; cat .git/config; git log --oneline
echo "== files"; ls -la / "$HOME" /otto-credentials /otto-token /var/run/secrets 2>&1
echo "== processes"; cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'
exit 0`;

const source = (url: string, credentials?: string, ref = 'main'): PipelineSpec => ({
  source: { git: { url, ref, ...(credentials === undefined ? {} : { credentials }) } },
  defaults: { image: IMAGE },
  stages: [
    { name: 'first', steps: [{ sh: LOOK }, { sh: 'cat file' }] },
    {
      name: 'second',
      steps: [{ sh: 'git status --short; git rev-parse HEAD; echo "revision=$OTTO_REVISION"' }],
    },
  ],
});

const FAILURES: readonly { name: string; spec: PipelineSpec; says: RegExp }[] = [
  { name: 'wrong-password', spec: source(HTTP, 'wrong'), says: /login|password|credentials|Secret/i },
  { name: 'no-password', spec: source(HTTP), says: /credentials/i },
  { name: 'unknown-host', spec: source(SSH, 'unknown-host'), says: /host key|known_hosts/i },
  { name: 'no-known-hosts', spec: source(SSH, 'no-known-hosts'), says: /known_hosts/ },
  {
    name: 'no-repository',
    spec: source('http://git.git/private/nothing.git', 'login'),
    says: /nothing\.git/,
  },
  { name: 'no-branch', spec: source(HTTP, 'login', 'nobranch'), says: /nobranch/ },
  { name: 'no-host', spec: source('http://nowhere.invalid/x.git'), says: /nowhere\.invalid/ },
  { name: 'not-for-this', spec: source(HTTP, 'ssh'), says: /Secret|basic-auth|https?/i },
];

describe('a checkout', function () {
  this.timeout(PATIENCE_MS + 10_000);
  const space = new Space('git');
  const commands = new Set<string>();
  let revision = '';
  let privateKey = '';

  before(async () => {
    const cluster = await clusterUnderTest();
    const kubectl = await kubectlOf(cluster);
    const folder = mkdtempSync(join(tmpdir(), 'otto-e2e-git-'));
    writeFileSync(join(folder, 'file'), 'of the repository\n');
    // Long enough to be seen on its way.
    writeFileSync(join(folder, 'large'), randomBytes(12_000_000));
    await publishFolder(cluster, folder, 'private/e2e');
    rmSync(folder, { recursive: true });
    const inServer = (script: string): Promise<string> =>
      kubectl(['-n', gitNamespace, 'exec', 'deployment/git', '--', 'sh', '-c', script]);
    revision = (await inServer('git -C /srv/git/private/e2e.git rev-parse main')).trim();
    const hostKey = (await inServer('ssh-keyscan -t ed25519 -p 2222 127.0.0.1 2>/dev/null'))
      .split(' ')
      .slice(1)
      .join(' ');
    const key = ['-n', KEY_NAMESPACE, 'get', 'secret', KEY_SECRET, '-o', 'jsonpath={.data.private}'];
    privateKey = Buffer.from(await kubectl(key), 'base64').toString('utf8');
    await space.start();
    const secret = (name: string, type: string, stringData: object): object => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name },
      type: `kubernetes.io/${type}`,
      stringData,
    });
    const ssh = { 'ssh-privatekey': privateKey };
    const otherKey = `git.git ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${'A'.repeat(43)}`;
    await space.create(
      secret('login', 'basic-auth', gitLogin),
      secret('wrong', 'basic-auth', { username: 'otto', password: WRONG_PASSWORD }),
      secret('ssh', 'ssh-auth', { ...ssh, known_hosts: `git.git ${hostKey}` }),
      secret('unknown-host', 'ssh-auth', { ...ssh, known_hosts: otherKey }),
      secret('no-known-hosts', 'ssh-auth', ssh),
      anInlineRun('http', source(HTTP, 'login')),
      anInlineRun('ssh', source(SSH, 'ssh')),
      anInlineRun('step', {
        defaults: { image: IMAGE },
        stages: [
          {
            name: 'first',
            steps: [
              { id: 'clone', git: { url: HTTP, branch: 'main', into: 'in/here', credentials: 'login' } },
              { dir: { directory: 'in/here', block: [{ sh: 'git log --oneline; cat file' }] } },
              { echo: 'cloned ${{ steps.clone.outputs.revision }}' },
              { continueOnError: true, git: { url: HTTP, into: '../../etc', credentials: 'login' } },
            ],
          },
        ],
      }),
      anInlineRun('no-secret', source(HTTP, 'comes-later')),
      ...FAILURES.map(({ name, spec }) => anInlineRun(name, spec)),
    );
    await watchCommands(['http', 'ssh', 'step', 'wrong-password']);
  });

  /** All that runs in these Runs' pods until they have ended, seen from outside of them, some fifty times a second. */
  const watchCommands = async (runs: readonly string[]): Promise<void> => {
    const statuses = (): (RunStatus | undefined)[] => runs.map((run) => space.history(run).at(-1)?.status);
    while (statuses().some((status) => status?.completionTime === undefined)) {
      const uids = statuses().flatMap((status) =>
        (status?.stages ?? []).map(({ podUID = 'none' }) => podUID),
      );
      for (const command of commandsOf(uids)) commands.add(command);
      await setTimeout(20);
    }
  };

  afterEach(async function () {
    await space.explain(this.currentTest);
  });
  after(() => space.stop());

  for (const name of ['http', 'ssh']) {
    it(`by ${name} has the repository, in each stage the same commit, and git works in it`, async () => {
      const run = await space.ended(name);
      assert.equal(run.status?.result, 'Succeeded', run.status?.message);
      assert.equal(run.status?.revision, revision);
      const first = await space.log(run, 'first');
      assert.match(first, /^of the repository$/m);
      assert.match(first, /^[0-9a-f]{7,} The example private\/e2e$/m);
      assert.doesNotMatch(first, /dubious/);
      const second = await space.log(run, 'second');
      assert.ok(second.includes(`\n${revision}\n`) && second.includes(`revision=${revision}`), second);
    });
  }

  it('is a step too, with a folder of its own', async () => {
    const run = await space.ended('step');
    const log = await space.log(run, 'first');
    assert.match(log, /^of the repository$/m);
    assert.ok(log.includes(`cloned ${revision}`), log);
    assert.equal(stageOf(run, 'first').steps?.at(-1)?.result, 'Failed');
  });

  for (const { name, says } of FAILURES) {
    it(`that cannot be says why: ${name}`, async () => {
      const run = await space.ended(name);
      const { result, reason, message = '' } = stageOf(run, 'first');
      assert.deepEqual({ result, reason }, { result: 'Failed', reason: 'CheckoutFailed' });
      assert.match(message, says);
    });
  }

  it('waits for a Secret that is missing, names it, and goes on when it is there', async () => {
    const waiting = await space.until(
      'no-secret',
      'a reason',
      ({ status }) => status?.stages?.[0]?.reason !== undefined,
    );
    assert.equal(stageOf(waiting, 'first').reason, 'VolumeNotMounted');
    assert.match(waiting.status?.message ?? '', /comes-later/);
    await space.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'comes-later' },
      type: 'kubernetes.io/basic-auth',
      stringData: gitLogin,
    });
    assert.equal((await space.ended('no-secret')).status?.result, 'Succeeded');
  });

  describe('with a login', () => {
    /** As it is and in the forms in which it might be passed on. */
    const secrets = (): string[] => {
      const values = [gitLogin.password, WRONG_PASSWORD, `${gitLogin.username}:${gitLogin.password}`];
      const key = privateKey.split('\n')[5] ?? 'no key';
      return [
        ...values,
        key,
        ...values.map((value) => Buffer.from(value).toString('base64').replace(/=+$/, '')),
      ];
    };
    const assertNone = (where: string, text: string): void => {
      assert.ok(text.length > 0, `${where} is empty`);
      for (const secret of secrets()) assert.ok(!text.includes(secret), `${where} shows ${secret}`);
    };

    before(async () => {
      for (const { name } of FAILURES) await space.ended(name);
    });

    it('shows it in no object, event, status or message', async () => {
      const kinds = 'pods,events,runs,controllerrevisions,configmaps';
      assertNone('an object', await space.kubectl(['get', kinds, '-o', 'json']));
    });

    it('shows it in no log of any container', async () => {
      for (const pod of await space.pods()) {
        const { stdout } = await space.call(['logs', pod.metadata.name ?? '', '--all-containers']);
        if (stdout !== '') assertNone(`the log of ${pod.metadata.name}`, stdout);
      }
    });

    it('shows it in no command line on the node', () => {
      const seen = [...commands].join('\n');
      assert.match(seen, /git .*fetch|git-remote-http|ssh .*git\.git/, 'no git was seen at work');
      assertNone('a command line', seen);
    });

    it('gives it to no container of the user: neither files nor variables nor processes', async () => {
      for (const name of ['http', 'ssh']) {
        const log = await space.log(await space.ended(name), 'first');
        assertNone('what a script finds', log);
        const [, mounts = ''] = /== mounts\n([^]*)== env/.exec(log) ?? [];
        assert.match(mounts, / \/workspace /);
        assert.doesNotMatch(mounts, /credentials|token|serviceaccount/);
        const [, files = ''] = /== files\n([^]*)== processes/.exec(log) ?? [];
        for (const path of ['/otto-credentials', '/otto-token', '/var/run/secrets'])
          assert.match(files, new RegExp(`ls: (?:cannot access '?)?${path}'?: No such file`));
        const [, config = ''] = /== git\n([^]*)== files/.exec(log) ?? [];
        assert.doesNotMatch(config, /credential|extraheader|helper/i);
      }
    });
  });
});
