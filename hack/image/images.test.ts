import assert from 'node:assert/strict';
import { recipeKey } from './debian.ts';
import { imageEngine } from './engine.ts';
import { imageKey } from './examples.ts';
import { exampleImages, exampleNames, isExampleName } from './images.ts';
import { configBlob, nameManifest } from './layout.ts';

const all = exampleNames.map((name) => exampleImages[name]);

describe('the images for examples', () => {
  it('have names that no registry is asked for, and no name twice', () => {
    for (const { ref } of all) assert.match(ref, /^localhost\/otto-examples\/[a-z-]+:dev$/);
    const names = all.flatMap(({ ref, standsInFor }) => [ref, ...standsInFor]);
    assert.equal(new Set(names).size, names.length);
  });
  it('stand in under full names, as containerd keeps them', () => {
    for (const name of all.flatMap((image) => image.standsInFor))
      assert.match(name, /^docker\.io\/library\/[a-z]+:[\w.]+$/);
  });
  it('use one recipe for one tarball name', () => {
    const recipes = new Map<string, string>();
    for (const layer of all.flatMap((image) => image.layers)) {
      if (layer.kind !== 'debian') continue;
      const text = JSON.stringify(layer.recipe);
      assert.equal(recipes.get(layer.recipe.name) ?? text, text);
      recipes.set(layer.recipe.name, text);
    }
  });
  it('are found by name only when they are in the table', () => {
    assert.equal(isExampleName('python'), true);
    assert.equal(isExampleName('toString'), false);
  });
  it('get a new key when a recipe, the trimming, the configuration or a stand-in name changes', () => {
    const recipe = { name: 'x', packages: ['a'] };
    const keys = [
      recipeKey(recipe, 't'),
      recipeKey(recipe, 'u'),
      recipeKey({ ...recipe, setup: 'true' }, 't'),
    ];
    assert.equal(new Set(keys).size, 3);
    const { busybox, nonroot } = exampleImages;
    assert.notEqual(imageKey(busybox, ['k']), imageKey(nonroot, ['k']));
    assert.notEqual(imageKey(busybox, ['k']), imageKey({ ...busybox, standsInFor: [] }, ['k']));
    assert.equal(imageKey(busybox, ['k']), imageKey({ ...busybox }, ['k']));
  });
});

describe('an OCI layout', () => {
  it('names its one manifest once for each reference', () => {
    const { index, digest } = nameManifest({ manifests: [{ digest: 'sha256:1' }] }, [
      'localhost/a:1',
      'localhost/b:1',
    ]);
    assert.equal(digest, 'sha256:1');
    assert.match(JSON.stringify(index), /localhost\/a:1.*localhost\/b:1/);
  });
  it('with several manifests is refused, since a name could mean any of them', () => {
    assert.throws(
      () => nameManifest({ manifests: [{ digest: 'a' }, { digest: 'b' }] }, ['localhost/a:1']),
      /exactly one/,
    );
    assert.throws(() => nameManifest({}, ['localhost/a:1']), /exactly one/);
  });
  it('has a configuration with the architecture in the words of OCI and no time', () => {
    const blob = configBlob({ cmd: ['sh'], user: '1:1', ports: [80] }, ['sha256:1'], 'x64');
    assert.match(blob, /"architecture":"amd64"/);
    assert.match(blob, /"ExposedPorts":\{"80\/tcp":\{\}\}/);
    assert.doesNotMatch(blob, /created"/);
  });
});

describe('the engine that builds', () => {
  it('is the first that answers, and buildah when none does', async () => {
    assert.equal(await imageEngine(async () => true), 'docker');
    assert.equal(await imageEngine(async (engine) => engine === 'podman'), 'podman');
    assert.equal(await imageEngine(async () => false), 'buildah');
  });
});
