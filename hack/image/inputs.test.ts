import assert from 'node:assert/strict';
import { contentHash, type InputFile, isInput } from './inputs.ts';

const file = (path: string, text: string, mode = 0o644): InputFile => ({
  path,
  mode,
  content: Buffer.from(text),
});

describe("the hash in an image's tag", () => {
  const base = [file('src/a.ts', 'a'), file('src/b.ts', 'b')];

  it('does not depend on the order of the files', () => {
    assert.equal(contentHash(base), contentHash(base.toReversed()));
  });
  it('does not depend on permissions other than the executable bit', () => {
    assert.equal(contentHash([file('a', 'x', 0o600)]), contentHash([file('a', 'x', 0o644)]));
    assert.notEqual(contentHash([file('a', 'x', 0o755)]), contentHash([file('a', 'x', 0o644)]));
  });
  it('changes with content, with a name, and when text moves from one file to the next', () => {
    const seen = new Set([
      contentHash(base),
      contentHash([file('src/a.ts', 'A'), file('src/b.ts', 'b')]),
      contentHash([file('src/c.ts', 'a'), file('src/b.ts', 'b')]),
      contentHash([file('src/a.ts', 'ab'), file('src/b.ts', '')]),
    ]);
    assert.equal(seen.size, 4);
  });
  it('covers sources and what lays them out, and no tests', () => {
    const covered = [
      'src/cli/main.ts',
      'stdlib/sh/manifest.yml',
      'hack/image/stage.ts',
      'hack/image/files/otto',
    ];
    assert.deepEqual(covered.filter(isInput), covered);
    const others = [
      'src/cli/main.test.ts',
      'src/testing/fake.ts',
      'hack/image/images.ts',
      'hack/image/files/noshell/main.go',
    ];
    assert.deepEqual(others.filter(isInput), []);
  });
});
