import assert from 'node:assert/strict';
import { join } from 'node:path';
import { stateFolder } from '../../tools/folders.ts';
import { checkName, layoutOf } from './layout.ts';
import { subnetsOf } from './subnets.ts';

const usual = (name: string): string =>
  join(stateFolder({ ...process.env, OTTO_STATE: '' }), 'clusters', name);

describe('where a built cluster is', () => {
  it('is known from its name alone: a guess at its addresses never hits what is of another', () => {
    const [mine, guessed] = [0, 7].map((index) => layoutOf('a', subnetsOf(index), usual('a')));
    for (const key of ['netns', 'link', 'cgroup', 'folder', 'pids'] as const)
      assert.equal(mine?.[key], guessed?.[key]);
  });

  it('is another place for a cluster of another name, or of the same name with its state elsewhere', () => {
    const layouts = [
      layoutOf('a', subnetsOf(0), usual('a')),
      layoutOf('b', subnetsOf(0), usual('b')),
      layoutOf('a', subnetsOf(0), '/tmp/x/clusters/a'),
      layoutOf('a', subnetsOf(0), '/tmp/y/clusters/a'),
    ];
    for (const key of ['netns', 'link', 'cgroup', 'folder'] as const)
      assert.equal(new Set(layouts.map((layout) => layout[key])).size, layouts.length, key);
  });

  it('has names that the kernel takes', () => {
    const { link } = layoutOf('a'.repeat(31), subnetsOf(63), '/tmp/x');
    assert.ok(link.length <= 15, link);
  });

  it('is refused where the folder is too deep for a socket, with what to do', () => {
    assert.throws(
      () => layoutOf('a', subnetsOf(0), `/${'x'.repeat(100)}`),
      /set OTTO_STATE to a shorter folder/,
    );
  });

  it('is refused for a name that could leave the folder or start a flag', () => {
    for (const name of ['', '..', 'a/b', '-a', 'A', 'a_b', 'a'.repeat(32)])
      assert.throws(() => checkName(name), /cannot name a cluster/, name);
  });
});
