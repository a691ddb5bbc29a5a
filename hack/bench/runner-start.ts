// What a stage's runner costs: from its start to its first step, each step, memory. Compiled, as in the image, without a
// cluster. `--help` says everything.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseLogLine } from '../../src/runner/log-format.ts';
import { INSTRUCTIONS_VARIABLE, NODE_FLAGS } from '../../src/runner/pod-contract.ts';
import type { Instructions } from '../../src/runner/protocol.ts';
import { ReportReceiver } from '../../src/testing/report-receiver.ts';
import { aStep, RunnerStage, sh } from '../../src/testing/runner-stage.ts';
import { run } from '../tools/command.ts';
import { load, peakMegabytes } from './process.ts';
import { count, figure, median, table } from './table.ts';

const help = `What the runner in a stage pod costs (Linux, root).

usage: node hack/bootstrap.mjs hack/bench/runner-start.ts [FLAGS]

  --repeat N   starts (20)
  --steps N    sh steps of each (20)`;

const { values } = parseArgs({
  options: {
    repeat: { type: 'string', default: '20' },
    steps: { type: 'string', default: '20' },
    help: { type: 'boolean', default: false },
  },
});
const root = fileURLToPath(new URL('../..', import.meta.url));

interface Sample {
  /** From the process's start to the first step's. */
  startMs: number;
  /** To its end, after the last step's. */
  endMs: number;
  stepMs: number;
  peak: number;
  reportedMs: number;
}

if (values.help) console.log(help);
else await main();

async function main(): Promise<void> {
  const repeat = count('repeat', values.repeat, 1, 1000);
  const steps = count('steps', values.steps, 1, 150);
  const dist = await compile();
  const receiver = new ReportReceiver();
  await receiver.listen();
  try {
    const rows: string[][] = [];
    for (const [name, given] of kinds(steps)) {
      const samples: Sample[] = [];
      for (let i = 0; i < repeat; i++) samples.push(await sample(dist, receiver, given));
      const middle = (of: (one: Sample) => number): string => figure(median(samples.map(of)));
      rows.push([
        name,
        middle((one) => one.startMs),
        middle((one) => one.reportedMs),
        middle((one) => one.stepMs),
        middle((one) => one.endMs),
        middle((one) => one.peak),
      ]);
    }
    const head = ['stage', 'first step ms', 'first report ms', 'a step ms', 'end ms', 'peak MB'];
    console.log(`${table(head, rows)}\n\nmedians of ${repeat}; load of the machine ${load()}`);
  } finally {
    await receiver.close();
    rmSync(dirname(dist), { recursive: true, force: true });
  }
}

function kinds(count: number): [string, Partial<Instructions>][] {
  const scripts = Array.from({ length: count }, () => sh('true'));
  const expression = aStep('echo', { message: '${{ run.name }}' });
  return [
    ['scripts', { steps: scripts }],
    ['scripts and an expression', { steps: [...scripts, expression] }],
  ];
}

async function compile(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'otto-bench-'));
  const dist = join(folder, 'dist');
  await run(
    [join(root, 'node_modules/.bin/tsc'), '-p', 'tsconfig.build.json', '--noCheck', '--outDir', dist],
    {
      cwd: root,
      timeout: 300_000,
    },
  );
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  return dist;
}

async function sample(dist: string, receiver: ReportReceiver, given: Partial<Instructions>): Promise<Sample> {
  const stage = new RunnerStage();
  try {
    const tokenFile = join(stage.root, 'token');
    writeFileSync(tokenFile, 'x'.repeat(40));
    mkdirSync(join(stage.root, 'run'));
    const report = { url: receiver.url, ca: receiver.ca, tokenFile };
    receiver.received.length = 0;
    const body = JSON.stringify(stage.instructions({ ...given, report }));
    const since = Date.now();
    const child = spawn(process.execPath, [...NODE_FLAGS, join(dist, 'src/runner/main.js')], {
      env: {
        PATH: process.env['PATH'],
        TMPDIR: join(stage.root, 'run'),
        OTTO_TERMINATION_FILE: join(stage.root, 'termination'),
        [`${INSTRUCTIONS_VARIABLE}0`]: body,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let log = '';
    let peak = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      log += chunk.toString('utf8');
      try {
        if (child.pid !== undefined) peak = Math.max(peak, peakMegabytes(child.pid));
      } catch {
        // It has ended.
      }
    });
    await new Promise((resolve) => child.on('close', resolve));
    const endMs = Date.now() - since;
    const times = { start: [] as number[], end: [] as number[] };
    for (const line of log.split('\n')) {
      const parsed = parseLogLine(line);
      if (parsed.kind === 'start' || parsed.kind === 'end') times[parsed.kind].push(Date.parse(parsed.time));
    }
    const first = times.start[0] ?? Number.NaN;
    const last = times.end.at(-1) ?? Number.NaN;
    return {
      startMs: first - since,
      endMs,
      stepMs: (last - first) / times.end.length,
      peak,
      reportedMs: (receiver.received[0]?.at ?? Number.NaN) - since,
    };
  } finally {
    await stage.stop();
  }
}
