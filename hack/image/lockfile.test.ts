import assert from 'node:assert/strict';
import { directDependencies, neededAtRunTime, productionPackages } from './lockfile.ts';

describe('the packages of the image', () => {
  const lock = JSON.stringify({
    packages: {
      '': { dependencies: { b: '1.0.0' }, devDependencies: { mocha: '1.0.0' } },
      'node_modules/mocha': { dev: true },
      'node_modules/either': { devOptional: true },
      'node_modules/b': {},
      'node_modules/b/node_modules/c': { optional: true },
      'node_modules/@types/node': {},
    },
  });

  it('are those of a production install, nested ones too, without type declarations', () => {
    assert.deepEqual(productionPackages(lock), [
      { path: 'node_modules/b', optional: false },
      { path: 'node_modules/b/node_modules/c', optional: true },
    ]);
  });

  it('names what the project imports itself', () => {
    assert.deepEqual(directDependencies(lock), ['b']);
  });

  it('cannot be read from a lock file of an old npm', () => {
    assert.throws(() => productionPackages('{"dependencies":{}}'), /npm 9 or later/);
  });

  for (const file of [
    'index.js',
    'package.json',
    'build/cjs/attr_spec.js',
    'dist/doc/Document.js',
    'LICENSE.md',
    'lib/test/x.js',
  ]) {
    it(`keep ${file}`, () => assert.equal(neededAtRunTime(file), true));
  }
  for (const file of [
    'index.d.ts',
    'src/a.ts',
    'dist/a.js.map',
    'README.md',
    'test/a.js',
    'docs/x.js',
    'node_modules/x/index.js',
  ]) {
    it(`leave out ${file}`, () => assert.equal(neededAtRunTime(file), false));
  }
});
