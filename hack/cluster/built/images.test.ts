import assert from 'node:assert/strict';
import { fullReference, importedNames } from './images.ts';

describe('the name of an image', () => {
  const names: readonly (readonly [short: string, full: string])[] = [
    ['busybox', 'docker.io/library/busybox:latest'],
    ['busybox:1.36', 'docker.io/library/busybox:1.36'],
    ['acme/app:2', 'docker.io/acme/app:2'],
    ['localhost/otto:dev', 'localhost/otto:dev'],
    ['registry:5000/app', 'registry:5000/app:latest'],
    ['ghcr.io/a/b@sha256:00', 'ghcr.io/a/b@sha256:00'],
  ];
  for (const [short, full] of names)
    it(`${short} is completed as the kubelet completes it`, () => assert.equal(fullReference(short), full));

  it('is refused when it could be a flag or an expression of ctr', () => {
    for (const ref of ['', '--all', 'a b', 'a;b', 'name==x'])
      assert.throws(() => fullReference(ref), /not an image/, ref);
  });

  it('is found in what ctr says of an import', () => {
    const output =
      'unpacking localhost/otto-import:dev (sha256:00)...done\nunpacking localhost/otto-import@sha256:00 (sha256:00)...done\n';
    assert.deepEqual(importedNames(output), ['localhost/otto-import:dev', 'localhost/otto-import@sha256:00']);
  });
});
