/** What goes into stages and steps and comes out of them: parameters, variables, expressions, outputs, modifiers of steps. */
import assert from 'node:assert/strict';
import type { PipelineSpec } from '../src/api/generated/types.ts';
import type { Run } from '../src/api/run.ts';
import { anInlineRun, aPipeline, aRun, PATIENCE_MS, Space, stageOf, stepOf, stepSeconds } from './space.ts';

const IMAGE = 'busybox:1.36';

const PARAMS: PipelineSpec = {
  params: [
    { name: 'text', type: 'string' },
    { name: 'count', type: 'number', default: 2 },
    { name: 'dry-run', type: 'boolean', default: true },
    { name: 'regions', type: 'array', default: ['eu'] },
    { name: 'channel', type: 'choice', choices: ['beta', 'stable'], default: 'beta' },
  ],
  env: { WHERE: 'pipeline', PIPELINE_ONLY: '${{ params.text }}' },
  defaults: { image: IMAGE, env: { WHERE: 'defaults', FROM_DEFAULTS: '1' } },
  stages: [
    {
      name: 'show',
      env: { WHERE: 'stage', SUM: '${{ params.count + 1 }}' },
      steps: [
        {
          sh: '#!/bin/sh\nprintf "%s\\n" "text=$PARAM_TEXT" "count=$PARAM_COUNT" "dry=$PARAM_DRY_RUN" "regions=$PARAM_REGIONS" "channel=$PARAM_CHANNEL" "where=$WHERE" "pipeline=$PIPELINE_ONLY" "defaults=$FROM_DEFAULTS" "sum=$SUM" "run=$OTTO_RUN stage=$OTTO_STAGE attempt=$OTTO_ATTEMPT ci=$CI"',
        },
        { env: { WHERE: 'step' }, sh: '#!/bin/sh\necho "where=$WHERE"' },
        {
          echo: 'first=${{ params.regions[0] }} literal=$${{ }} ${{ params["dry-run"] ? "dry" : "wet" }} ${{ run.name }}',
        },
        { if: 'params.channel == "stable"', echo: 'stable it is' },
        { if: 'params.count < 2.0', error: 'not reached' },
      ],
    },
  ],
};

const VALUES: PipelineSpec = {
  defaults: { image: IMAGE },
  stages: [
    {
      name: 'make',
      steps: [
        {
          id: 'one',
          sh: `echo 'version=1.4; $(touch /workspace/bad) "x"' >> "$OTTO_OUTPUT"; { echo 'notes<<END'; echo line 1; echo line 2; echo END; } >> "$OTTO_OUTPUT"`,
        },
        { id: 'shown', sh: { script: 'echo to the log >&2; echo kept', returnStdout: true } },
        { id: 'code', sh: { script: 'exit 42', returnStatus: true } },
        { id: 'flaky', continueOnError: true, sh: 'exit 9' },
        {
          if: 'steps.flaky.result == "Failed"',
          echo: 'seen: ${{ steps.shown.outputs.stdout }} ${{ steps.code.outputs.status }} ${{ steps.one.outputs.version }}',
        },
        { env: { V: '${{ steps.one.outputs.notes }}' }, sh: '#!/bin/sh\necho "$V"; ls' },
      ],
      outputs: {
        version: '${{ steps.one.outputs.version }}',
        status: 'code ${{ steps.code.outputs.status }}',
      },
    },
    {
      name: 'use',
      env: { VERSION: '${{ stages.make.outputs.version }}' },
      steps: [{ sh: '#!/bin/sh\necho "got $VERSION"; ls -A | wc -l' }],
    },
    { name: 'skipped', when: 'stages.make.outputs.status == "code 1"', steps: [{ error: 'never' }] },
    {
      name: 'runs',
      when: 'stages.make.outputs.status == "code 42" && stages.make.result == "Succeeded"',
      steps: [{ echo: 'yes' }],
    },
  ],
};

const STEPS: PipelineSpec = {
  defaults: { image: IMAGE },
  stages: [
    {
      name: 'folders',
      steps: [
        {
          dir: {
            directory: 'a/b',
            block: [{ sh: 'pwd; echo x > file' }, { dir: { directory: '../c', block: [{ sh: 'pwd' }] } }],
          },
        },
        { sh: 'find . -type f; pwd' },
        { continueOnError: true, dir: { directory: '../../etc', block: [{ sh: 'pwd' }] } },
        { sh: 'ln -s /etc link' },
        { continueOnError: true, dir: { directory: 'link', block: [{ sh: 'pwd' }] } },
      ],
    },
    {
      name: 'tries',
      needs: [],
      steps: [
        {
          retries: { limit: 3, backoff: { initial: '1s' } },
          sh: 'n=$(cat tries 2>/dev/null || echo 0); echo $((n+1)) > tries; test $n -ge 2',
        },
        { sh: 'cat tries' },
      ],
    },
    {
      name: 'group',
      needs: [],
      steps: [
        {
          env: { LEVEL: 'outer' },
          continueOnError: true,
          timeout: '3s',
          group: [{ sh: '#!/bin/sh\necho "level=$LEVEL"' }, { sh: 'sleep 30' }, { echo: 'not reached' }],
        },
        { if: 'false', group: [{ error: 'not reached' }] },
        { echo: 'after the group' },
      ],
    },
    {
      name: 'containers',
      needs: [],
      containers: [
        { name: 'bash', image: 'localhost/otto-examples/bash:dev', env: { WHO: 'bash container' } },
      ],
      steps: [
        { container: 'bash', sh: 'echo "${BASH_VERSION%%.*} $WHO" > said' },
        { sh: '#!/bin/sh\ncat said; echo "none: $WHO"; test -z "$BASH_VERSION"' },
        { container: 'bash', group: [{ sh: 'type declare' }] },
      ],
    },
    { name: 'unstable', needs: [], steps: [{ sh: 'true' }], outputs: { x: '${{ "y".size() }}' } },
  ],
};

describe('values of stages and steps', function () {
  this.timeout(PATIENCE_MS + 10_000);
  const space = new Space('values');
  const hostile = `it's "quoted" $(touch /workspace/bad) \${{ params.count }} ü`;

  before(async () => {
    await space.start();
    await space.create(
      aPipeline('params', PARAMS),
      aRun('defaults', { pipelineRef: { name: 'params' }, params: { text: hostile } }),
      aRun('given', {
        pipelineRef: { name: 'params' },
        params: { text: '', count: 7, 'dry-run': false, regions: ['us', 'a b'], channel: 'stable' },
      }),
      aRun('missing', { pipelineRef: { name: 'params' } }),
      aRun('wrong', {
        pipelineRef: { name: 'params' },
        params: { text: 'x', count: 'seven', channel: 'gamma', regoins: [] },
      }),
      anInlineRun('values', VALUES),
      anInlineRun('steps', STEPS),
      anInlineRun('too-long', {
        stages: [
          {
            name: 'only',
            image: IMAGE,
            steps: [
              {
                id: 'a',
                sh: '{ printf big=; head -c 3000 /dev/zero | tr "\\0" x; echo; } >> "$OTTO_OUTPUT"',
              },
            ],
            outputs: { big: '${{ steps.a.outputs.big }}' },
          },
        ],
      }),
      anInlineRun('late-error', {
        stages: [
          {
            name: 'first',
            image: IMAGE,
            steps: [{ id: 'a', sh: 'echo n=many >> "$OTTO_OUTPUT"' }],
            outputs: { n: '${{ steps.a.outputs.n }}' },
          },
          { name: 'second', image: '${{ stages.first.outputs.n }} of them', steps: [{ sh: 'true' }] },
          {
            name: 'third',
            needs: ['first'],
            image: IMAGE,
            when: 'int(stages.first.outputs.n) > 1',
            steps: [{ sh: 'true' }],
          },
        ],
      }),
    );
  });
  afterEach(async function () {
    await space.explain(this.currentTest);
  });
  after(() => space.stop());

  const has = async (run: Run, stage: string, ...lines: string[]): Promise<void> => {
    const log = (await space.log(run, stage)).split('\n');
    for (const line of lines) assert.ok(log.includes(line), `no line "${line}" in\n${log.join('\n')}`);
  };

  it('are the defaults where the Run gives none; no value becomes a command', async () => {
    const run = await space.ended('defaults');
    assert.equal(run.status?.result, 'Succeeded');
    await has(
      run,
      'show',
      `text=${hostile}`,
      'count=2',
      'dry=true',
      'regions=["eu"]',
      'channel=beta',
      'sum=3',
    );
    await has(run, 'show', 'where=stage', 'where=step', `pipeline=${hostile}`, 'defaults=1');
    await has(
      run,
      'show',
      'run=defaults stage=show attempt=1 ci=true',
      'first=eu literal=${{ }} dry defaults',
    );
    assert.equal(stepOf(run, 'show', 3).result, 'Skipped');
    assert.equal(stepOf(run, 'show', 4).result, 'Skipped');
  });

  it('are those of the Run', async () => {
    const run = await space.ended('given');
    await has(
      run,
      'show',
      'text=',
      'count=7',
      'dry=false',
      'regions=["us","a b"]',
      'channel=stable',
      'sum=8',
      'stable it is',
    );
  });

  it('must be there: the Run says which is missing and starts nothing', async () => {
    const run = await space.ended('missing');
    assert.equal(run.status?.conditions?.find(({ type }) => type === 'Stalled')?.reason, 'InvalidParameters');
    assert.match(run.status?.message ?? '', /text/);
    assert.deepEqual(run.status?.stages ?? [], []);
  });

  it('must be of their type: all that is wrong is said at once', async () => {
    const { message = '' } = (await space.ended('wrong')).status ?? {};
    for (const name of ['count', 'channel', 'regoins', 'regions']) assert.ok(message.includes(name), message);
  });

  it('go from step to step and from stage to stage', async () => {
    const run = await space.ended('values');
    assert.equal(run.status?.result, 'Succeeded');
    const version = '1.4; $(touch /workspace/bad) "x"';
    assert.deepEqual(stageOf(run, 'make').outputs, { version, status: 'code 42' });
    await has(run, 'make', 'to the log', `seen: kept 42 ${version}`, 'line 1', 'line 2');
    assert.doesNotMatch(await space.log(run, 'make'), /^kept$|^bad$/m);
    await has(run, 'use', `got ${version}`, '0');
  });

  it('decide which stages run', async () => {
    const run = await space.ended('values');
    const { result, reason } = stageOf(run, 'skipped');
    assert.deepEqual({ result, reason }, { result: 'Skipped', reason: 'ConditionFalse' });
    assert.equal(stageOf(run, 'runs').result, 'Succeeded');
    assert.equal(stepOf(run, 'make', 3).exitCode, 9);
  });

  it('have folders of their own by dir, which stays in the workspace', async () => {
    const run = await space.ended('steps');
    await has(run, 'folders', '/workspace/a/b', '/workspace/a/c', './a/b/file', '/workspace');
    assert.doesNotMatch(await space.log(run, 'folders'), /^\/etc$/m);
  });

  it('let a step be tried again in its workspace', async () => {
    const run = await space.ended('steps');
    assert.equal(stageOf(run, 'tries').result, 'Succeeded');
    await has(run, 'tries', '3');
    assert.ok(stepSeconds(stepOf(run, 'tries', 0)) >= 3, 'it did not wait 1 s and 2 s');
  });

  it('hold for all steps of a group', async () => {
    const run = await space.ended('steps');
    assert.equal(stageOf(run, 'group').result, 'Succeeded');
    await has(run, 'group', 'level=outer', 'after the group');
    assert.doesNotMatch(await space.log(run, 'group'), /^not reached$/m);
  });

  it('are shared by the containers of a stage as files, and not as variables', async () => {
    const run = await space.ended('steps');
    assert.equal(stageOf(run, 'containers').result, 'Succeeded');
    await has(run, 'containers', '5 bash container', 'none: ');
  });

  it('are refused where they are too long to be handed over', async () => {
    const { result, reason } = stageOf(await space.ended('too-long'), 'only');
    assert.deepEqual({ result, reason }, { result: 'Failed', reason: 'OutputsTooLong' });
  });

  it('end a stage that makes no sense with them, not the operator', async () => {
    const run = await space.ended('late-error');
    assert.equal(stageOf(run, 'second').reason, 'InvalidStage');
    assert.equal(stageOf(run, 'third').reason, 'ConditionError');
    assert.equal(run.status?.result, 'Failed');
  });
});
