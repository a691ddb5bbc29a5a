/** Images of all kinds that users bring, each driven by the same loop. */
import assert from 'node:assert/strict';
import type { PipelineSpec, Stage } from '../src/api/generated/types.ts';
import { anInlineRun, PATIENCE_MS, Space, stageOf, stepOf, succeededCondition } from './space.ts';

const image = (name: string): string => `localhost/otto-examples/${name}:dev`;

/** What a step must find: its value, its folder, its user, and a workspace and HOME to write to. */
const SCRIPT = `echo "value=$GREETING"
echo "shell=$0 dir=$PWD home=$HOME"
echo one > "$HOME/file"; echo two > file; cat "$HOME/file" file
id -u`;

const IMAGES: readonly { name: string; stage: Partial<Stage>; user?: string }[] = [
  { name: 'ash', stage: { image: image('busybox') } },
  { name: 'dash', stage: { image: image('dash') } },
  { name: 'bash', stage: { image: image('bash') } },
  { name: 'nonroot', stage: { image: image('nonroot'), securityContext: { runAsUser: 1234 } }, user: '1234' },
  {
    name: 'user',
    stage: { image: image('busybox'), securityContext: { runAsUser: 4711, runAsGroup: 4712 } },
    user: '4711',
  },
  {
    name: 'readonly',
    stage: { image: image('busybox'), securityContext: { readOnlyRootFilesystem: true } },
  },
  { name: 'public-name', stage: { image: 'busybox:1.36' } },
];

const one = (stage: Partial<Stage>): PipelineSpec => ({ stages: [{ name: 'only', ...stage }] });

describe('a stage in an image', function () {
  this.timeout(PATIENCE_MS + 10_000);
  const space = new Space('images');
  const withRoot = new Space('images-root', 'privileged');

  before(async () => {
    await space.start();
    await space.create(
      ...IMAGES.map(({ name, stage }) =>
        anInlineRun(
          name,
          one({ ...stage, env: { GREETING: `a 'quoted' "value" $HOME` }, steps: [{ sh: SCRIPT }] }),
        ),
      ),
      anInlineRun(
        'lent-shell',
        one({
          image: image('noshell'),
          shell: 'Otto',
          steps: [
            { sh: 'echo "$PATH"; /app one "two words"; id -u; echo x > file; ls | sort' },
            { sh: 'exit $(/app --exit 5; echo $?)' },
          ],
        }),
      ),
      anInlineRun('no-shell', one({ image: image('noshell'), steps: [{ sh: 'true' }] })),
      anInlineRun('missing', one({ image: 'localhost/nobody/has:this', steps: [{ sh: 'true' }] })),
      anInlineRun('misnamed', one({ image: 'Not An Image', steps: [{ sh: 'true' }] })),
      anInlineRun('library-only', one({ steps: [{ echo: 'no image is needed' }] })),
      anInlineRun(
        'as-root',
        one({ image: image('busybox'), securityContext: { runAsUser: 0 }, steps: [{ sh: 'id -u' }] }),
      ),
    );
    await withRoot.start();
    await withRoot.create(
      anInlineRun(
        'root',
        one({
          image: image('busybox'),
          securityContext: { runAsUser: 0, runAsGroup: 0 },
          steps: [{ sh: 'id -u; grep CapEff /proc/self/status; echo x > file' }],
        }),
      ),
    );
  });
  afterEach(async function () {
    await space.explain(this.currentTest);
    await withRoot.explain(this.currentTest);
  });
  after(async () => {
    await space.stop();
    await withRoot.stop();
  });

  for (const { name, user = '1000' } of IMAGES) {
    it(`runs scripts: ${name}`, async () => {
      const run = await space.ended(name);
      assert.deepEqual(succeededCondition(run), { status: 'True', reason: 'Succeeded' });
      const log = await space.log(run, 'only');
      assert.match(log, /^value=a 'quoted' "value" \$HOME$/m);
      assert.match(log, /dir=\/workspace home=\/otto-home$/m);
      assert.match(log, /^one\ntwo$/m);
      assert.match(log, new RegExp(`^${user}$`, 'm'));
    });
  }

  it('lends a shell to an image without one', async () => {
    const run = await space.ended('lent-shell');
    assert.equal(run.status?.result, 'Failed');
    assert.equal(stepOf(run, 'only', 0).result, 'Succeeded');
    assert.equal(stepOf(run, 'only', 1).exitCode, 5);
    const log = await space.log(run, 'only');
    assert.match(log, /^argument 2: two words$/m);
    assert.match(log, /^1000$/m);
  });

  it('says what to do where the image has no shell', async () => {
    const run = await space.ended('no-shell');
    const { result, reason, message = '' } = stageOf(run, 'only');
    assert.deepEqual({ result, reason }, { result: 'Failed', reason: 'NoShell' });
    assert.match(message, /shell: Otto/);
    assert.match(message, new RegExp(image('noshell')));
  });

  it('waits for an image that is missing, says which, and can be cancelled', async () => {
    const waiting = await space.until(
      'missing',
      'a reason',
      ({ status }) => status?.stages?.[0]?.reason !== undefined,
    );
    assert.equal(stageOf(waiting, 'only').reason, 'ImagePullFailed');
    assert.match(waiting.status?.message ?? '', /localhost\/nobody\/has:this/);
    await space.setState('missing', 'Cancelled');
    const run = await space.ended('missing');
    assert.deepEqual(succeededCondition(run), { status: 'False', reason: 'Cancelled' });
  });

  it('gives up at once on what is no name of an image', async () => {
    const run = await space.ended('misnamed');
    const { result, reason, message = '' } = stageOf(run, 'only');
    assert.deepEqual({ result, reason }, { result: 'Failed', reason: 'InvalidStage' });
    assert.match(message, /Not An Image/);
  });

  it('is not needed for library steps', async () => {
    const run = await space.ended('library-only');
    assert.equal(run.status?.result, 'Succeeded');
    assert.equal(await space.log(run, 'only'), 'no image is needed');
    const [pod] = await space.pods('otto.dev/run=library-only');
    assert.deepEqual(
      pod?.spec?.containers.map(({ name }) => name),
      ['otto'],
    );
  });

  it('runs as root where the namespace allows it, with no capabilities', async () => {
    const run = await withRoot.ended('root');
    assert.equal(run.status?.result, 'Succeeded');
    const log = await withRoot.log(run, 'only');
    assert.match(log, /^0$/m);
    assert.match(log, /^CapEff:\s*0+$/m);
  });

  it('does not run as root where the namespace forbids it, and says so', async () => {
    const run = await space.ended('as-root');
    const { result, reason, message = '' } = stageOf(run, 'only');
    assert.deepEqual({ result, reason }, { result: 'Lost', reason: 'PodSecurity' });
    assert.match(message, /restricted/);
  });
});
