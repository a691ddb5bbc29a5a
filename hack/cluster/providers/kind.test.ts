/** No engine is needed: these are the words to it. */
import assert from 'node:assert/strict';
import {
  createCommand,
  deleteCommand,
  engineEnvironment,
  findEngine,
  kindName,
  loadCommand,
  loadedImage,
  nodeCommand,
} from './kind.ts';

describe('the provider kind', () => {
  it('takes Docker before Podman, and neither of them where no engine answers', async () => {
    const asked: string[] = [];
    const only = (...engines: string[]) => {
      return async ([program = '']: readonly string[]): Promise<boolean> => {
        asked.push(program);
        return engines.includes(program);
      };
    };
    assert.equal(await findEngine(only('docker', 'podman')), 'docker');
    assert.equal(await findEngine(only('podman')), 'podman');
    assert.equal(await findEngine(only()), undefined);
    assert.deepEqual(asked, ['docker', 'docker', 'podman', 'docker', 'podman']);
  });

  it('tells kind which engine to use, whatever the surroundings say', () => {
    assert.deepEqual(engineEnvironment('podman'), { KIND_EXPERIMENTAL_PROVIDER: 'podman' });
  });

  it('names clusters so that they are recognised as of this project', () => {
    assert.deepEqual([kindName('otto'), kindName('bench')], ['otto', 'otto-bench']);
  });

  it("never writes into the user's own kubeconfig", () => {
    for (const command of [createCommand('kind', 'a'), deleteCommand('kind', 'a')]) {
      assert.match(command[command.indexOf('--kubeconfig') + 1] ?? '', /clusters\/a\/kubeconfig$/);
    }
  });

  it('loads archives into, and asks, the nodes of this cluster', () => {
    const load = ['kind', 'load', 'image-archive', 'a.tar', '--name', 'otto-a'];
    assert.deepEqual(loadCommand('kind', 'a', 'a.tar'), load);
    assert.deepEqual(nodeCommand('docker', 'a', ['ls']), ['docker', 'exec', 'otto-a-control-plane', 'ls']);
  });

  it('finds the loaded image in what either engine prints, with or without a name', () => {
    assert.equal(loadedImage('Loaded image: localhost/otto:dev-1\n'), 'localhost/otto:dev-1');
    assert.equal(loadedImage('Loaded image(s): localhost/otto:dev-1\n'), 'localhost/otto:dev-1');
    assert.equal(loadedImage('Loaded image ID: sha256:abc\n'), 'sha256:abc');
    assert.equal(loadedImage('nothing'), undefined);
  });
});
