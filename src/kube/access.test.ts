import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Access, inClusterAccess } from './access.ts';

describe("access from a pod's own files", () => {
  let folder: string;
  let access: Access;

  const write = (token: string): Promise<void> => writeFile(join(folder, 'token'), `${token}\n`);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'otto-access-'));
    await write('first');
    await writeFile(join(folder, 'ca.crt'), 'CA');
    const found = inClusterAccess(
      { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' },
      folder,
    );
    assert.ok(found !== undefined);
    access = found;
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('is the service account and the cluster address', async () => {
    assert.deepEqual(await access(), { server: 'https://[fd00::1]:6443', token: 'first', tls: { ca: 'CA' } });
  });

  it('is the same object while nothing is read anew', async () => {
    const before = await access();
    await write('second');
    assert.equal(await access(), before);
  });

  it('does not read again for every refusal within a second', async () => {
    const before = await access();
    assert.equal(await access({ fresh: true }), before);
  });

  it('works again once the files are there', async () => {
    await rm(join(folder, 'token'));
    await assert.rejects(access(), { code: 'ENOENT' });
    await write('late');
    assert.equal((await access()).token, 'late');
  });

  it('is not there outside of a pod', () => assert.equal(inClusterAccess({}), undefined));
});
