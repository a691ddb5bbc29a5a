import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { aBlock, aStep, RunnerStage, sh } from '../testing/runner-stage.ts';

const PREAMBLE = `#!${process.execPath}
const { readFileSync, appendFileSync } = require('node:fs');
const { request } = require('node:http');
const { configuration, parameters } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const control = (message) => new Promise((resolve) => {
  const sent = request({ socketPath: configuration.ipc, method: 'POST', path: '/control' }, (response) => {
    let body = '';
    response.on('data', (chunk) => { body += chunk; });
    response.on('end', () => resolve([response.statusCode, body]));
  });
  sent.end(JSON.stringify(message));
});
`;

describe('a step of the library', function () {
  this.timeout(30_000);
  let stage: RunnerStage;
  let library: string;

  beforeEach(() => {
    stage = new RunnerStage();
    library = join(stage.root, 'stdlib');
    stage.env['OTTO_STDLIB'] = library;
  });
  afterEach(() => stage.stop());

  function aLibraryStep(symbol: string, program: string, parameters = ''): void {
    mkdirSync(join(library, symbol), { recursive: true });
    writeFileSync(
      join(library, symbol, 'manifest.yml'),
      `symbol: ${symbol}\ndescription: A test\nrunsIn: runner\nentrypoint: {path: run, multiarch: false}\nparameters: [${parameters}]\n`,
    );
    writeFileSync(join(library, symbol, 'run'), `${PREAMBLE}(async () => {\n${program}\n})();\n`, {
      mode: 0o755,
    });
  }

  it('is called with its invocation, in its folder, and its output is masked', async () => {
    stage.secret('login', { password: 'a-long-password' });
    aLibraryStep(
      'greet',
      `console.log('hello', parameters.name, process.cwd() === configuration.workspace + '/sub', configuration.pipeline);
       console.log(readFileSync(configuration.credentials.login + '/password', 'utf8'));
       appendFileSync(process.env.OTTO_OUTPUT, 'x=1\\n');`,
      '{name: name}, {name: login, type: credentials}',
    );
    const { log, report } = await stage.run({
      steps: [
        aBlock('dir', [aStep('greet', { name: 'you', login: 'login' }, { id: 'g' })], { directory: 'sub' }),
        aStep('echo', { message: 'x is ${{ steps.g.outputs.x }}' }),
      ],
    });
    assert.equal(report?.result, 'Succeeded', log);
    assert.match(log, /hello you true uid\n/);
    assert.match(log, /Z \*\*\*\n/);
    assert.match(log, /x is 1\n/);
  });

  it('loads no code that variables of the pipeline name', async () => {
    aLibraryStep('greet', `console.log('variable', process.env.MINE);`);
    const evil = join(stage.root, 'evil.cjs');
    writeFileSync(evil, `console.log('pwned');`);
    const env = { NODE_OPTIONS: `--require ${evil}`, LD_PRELOAD: evil, MINE: 'mine' };
    const { log, report } = await stage.run({ steps: [aStep('greet', {}, { env })] });
    assert.equal(report?.result, 'Succeeded', log);
    assert.match(log, /variable mine\n/);
    assert.doesNotMatch(log, /pwned|evil/);
  });

  for (const [code, result, exit] of [
    [0, 'Succeeded', 0],
    [1, 'Failed', 1],
    [2, 'Aborted', 2],
    [3, 'Unstable', 0],
    [9, 'Failed', 1],
  ] as const) {
    it(`ends with ${code}: the stage is ${result}`, async () => {
      aLibraryStep('give', `process.exit(parameters.code)`, '{name: code, type: number}');
      const ended = await stage.run({
        steps: [aStep('give', { code }, { continueOnError: false }), aStep('echo', { message: 'on' })],
      });
      assert.equal(ended.report?.result, result);
      assert.equal(ended.code, exit);
      assert.equal(/Z on\n/.test(ended.log), code === 0 || code === 3);
    });
  }

  it('captures variables for later steps and drops them', async () => {
    aLibraryStep(
      'vars',
      `console.log(JSON.stringify([
        await control({ type: 'CaptureVariable', name: 'COLOUR', value: 'blue green' }),
        await control({ type: 'CaptureVariable', name: 'GONE', value: 'x' }),
        await control({ type: 'DropVariable', name: 'GONE' }),
        await control({ type: 'CaptureVariable', name: 'a b', value: 'x' }),
        await control({ type: 'Nonsense' }),
      ].map(([status]) => status)));`,
    );
    const { log } = await stage.run({
      steps: [aStep('vars', {}), sh('#!/bin/sh\necho "<$VAR_COLOUR|${VAR_GONE-none}>"')],
    });
    assert.match(log, /\[200,200,200,400,400\]/);
    assert.match(log, /Z <blue green\|none>\n/);
  });

  it('sets the result of the stage and lets it go on', async () => {
    aLibraryStep('mark', `await control({ type: 'SetPipelineStatus', status: 'Unstable' });`);
    const { log, report } = await stage.run({ steps: [aStep('mark', {}), aStep('echo', { message: 'on' })] });
    assert.equal(report?.result, 'Unstable');
    assert.match(log, /Z on\n/);
  });

  it('ends the stage', async () => {
    aLibraryStep('quit', `await control({ type: 'TerminatePipeline' });`);
    const { log, report } = await stage.run({
      steps: [aStep('quit', {}), aStep('echo', { message: 'never' })],
      post: {
        always: [aStep('echo', { message: 'first' }), aStep('echo', { message: 'post' })],
        success: [],
        failure: [],
      },
    });
    assert.equal(report?.result, 'Aborted');
    assert.doesNotMatch(log, /never/);
    assert.match(log, /Z post\n/);
  });

  it('asks to be ended', async () => {
    aLibraryStep('stop', `await control({ type: 'Terminate' }); setTimeout(() => {}, 1e6);`);
    const { report } = await stage.run({ steps: [aStep('stop', {})] });
    assert.equal(report?.result, 'Aborted');
    assert.equal(report?.message, "Step 'stop': the step asked to be ended");
  });

  it('is ended at its timeout with all that it started', async () => {
    aLibraryStep(
      'hang',
      `process.on('SIGTERM', () => {});
       require('node:child_process').spawn('sh', ['-c', 'trap "" TERM; sleep 0.8; echo late > late; sleep 1000'], { stdio: 'inherit' });
       console.log('up');`,
    );
    const { report } = await stage.run({
      steps: [
        aStep('hang', {}, { timeoutSeconds: 0.5, continueOnError: true }),
        sh('sleep 1; ! test -e late'),
      ],
      graceSeconds: 0.1,
    });
    assert.equal(report?.result, 'Succeeded', report?.message);
    assert.equal(report?.steps[0]?.result, 'TimedOut');
  });

  it('does not hang the stage by what it leaves behind', async () => {
    aLibraryStep(
      'leave',
      `require('node:child_process').spawn('sleep', ['1000'], { stdio: 'inherit', detached: true }).unref(); process.exit(0);`,
    );
    const { report } = await stage.run({ steps: [aStep('leave', {})] });
    assert.equal(report?.result, 'Succeeded');
  });

  for (const [symbol, what] of [
    ['nothing', /there is no step 'nothing' in the library/],
    ['../../etc', /there is no step '\.\.\/\.\.\/etc' in the library/],
  ] as const) {
    it(`that is not there is a failure: ${symbol}`, async () => {
      assert.match((await stage.run({ steps: [aStep(symbol, {})] })).report?.message ?? '', what);
    });
  }
});

describe('the standard library', function () {
  this.timeout(30_000);
  const stdlib = fileURLToPath(new URL('../../stdlib', import.meta.url));
  let stage: RunnerStage;

  beforeEach(() => {
    stage = new RunnerStage();
    // Under other names, so that the runner does not take its own.
    stage.env['OTTO_STDLIB'] = join(stage.root, 'stdlib');
    mkdirSync(join(stage.root, 'stdlib'));
  });
  afterEach(() => stage.stop());

  it('has a program and a page of documentation for each step', () => {
    for (const name of readdirSync(stdlib)) {
      for (const file of ['manifest.yml', 'entrypoint.ts', 'README.md']) {
        assert.ok(existsSync(join(stdlib, name, file)), `${name}/${file}`);
      }
    }
  });

  function asProgram(name: string): string {
    const symbol = `x${name}`;
    const folder = join(stage.root, 'stdlib', symbol);
    cpSync(join(stdlib, name), folder, { recursive: true });
    // Its imports are relative to where it lies.
    writeFileSync(
      join(folder, 'entrypoint.ts'),
      `await import(${JSON.stringify(join(stdlib, name, 'entrypoint.ts'))});\n`,
    );
    return symbol;
  }

  it('has steps that do the same as programs: echo, error, dir, group', async () => {
    const [echo, dir, group, error] = ['echo', 'dir', 'group', 'error'].map(asProgram);
    const { log, report } = await stage.run({
      steps: [
        aStep(echo ?? '', { message: 'hello' }),
        aBlock(dir ?? '', [aBlock(group ?? '', [sh('#!/bin/sh\npwd')])], { directory: 'a' }),
        aBlock(dir ?? '', [sh('echo never')], { directory: '../..' }, { continueOnError: true }),
        aBlock(group ?? '', [sh('exit 5', { name: 'inner' })], {}, { continueOnError: true }),
        aStep(error ?? '', { message: 'the end' }),
      ],
    });
    assert.match(log, /Z hello\n/);
    assert.match(log, /workspace\/a\n/);
    assert.doesNotMatch(log, /Z never/);
    assert.match(log, /leaves the workspace/);
    assert.match(report?.message ?? '', /the end/);
  });

  it('has a sh that does the same as a program', async () => {
    const { log, report } = await stage.run({
      steps: [
        aStep(
          asProgram('sh'),
          { script: 'echo out; exit 3', returnStdout: true, returnStatus: true },
          { id: 'a' },
        ),
        aStep('echo', { message: '<${{ steps.a.outputs.stdout + steps.a.outputs.status }}>' }),
      ],
    });
    assert.match(log, /Z <out3>\n/, report?.message);
  });
});
