// What a step costs in the runner, how fast the runner starts, and its memory. `--help` says everything.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { canMakeNamespaces, SHELLS, shellsAtHand } from '../../src/testing/loop-container.ts';
import { RunnerStage, sh } from '../../src/testing/runner-stage.ts';
import { stage } from '../image/stage.ts';
import { cpuMs, load, onInterrupt, peakMegabytes } from './process.ts';
import { count, figure, median, table } from './table.ts';

const help = `The runner, compiled as in the image, on this machine: a stage of many \`sh: echo …\` steps in a user's container
(a process namespace with the loop), against the same command run as often by a shell. Needs root.

usage: node hack/bootstrap.mjs hack/bench/step-cost.ts [FLAGS]

  --steps N    in one stage (100)
  --repeat N   stages for each shell (5)

A short form for CI: --steps 20 --repeat 2`;

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const GOALS = { step: 10, start: 150, megabytes: 60 };
const STAGE_MS = 120_000;
const LOOK_MS = 10;

interface Measured {
  /** Milliseconds between the outputs of two steps, each. */
  readonly steps: readonly number[];
  /** Milliseconds from the start of the process to the first step's output. */
  readonly start: number;
  readonly megabytes: number;
  /** Of the runner's process, all steps together: what the machine's other work does not change much. */
  readonly cpuMs: number;
  readonly byHand: number;
}

let current: RunnerStage | undefined;

async function bench(steps: number, repeat: number): Promise<boolean> {
  if (!canMakeNamespaces()) throw new Error('process namespaces cannot be made here: be root');
  const folder = await mkdtemp(join(tmpdir(), 'otto-bench-'));
  onInterrupt(async () => {
    await current?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  try {
    await stage({ root, target: folder, keepRuntime: true });
    const program = join(folder, 'app/otto/dist/src/runner/main.js');
    const all = new Map<string, Measured[]>(shellsAtHand().map((shell) => [shell, []]));
    for (let round = 0; round < repeat; round++) {
      for (const [shell, measured] of all) measured.push(await once(program, shell, steps));
    }
    return print(all, steps, repeat);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function once(program: string, shell: string, steps: number): Promise<Measured> {
  const stageRun = new RunnerStage({ main: shell });
  current = stageRun;
  stageRun.program = program;
  const limit = setTimeout(() => void stageRun.stop(), STAGE_MS);
  try {
    const seenAt: number[] = [];
    const began = performance.now();
    const running = stageRun.start({
      steps: Array.from({ length: steps }, (_, i) => sh(`echo mark-${i}`, { name: `step ${i}` })),
    });
    running.process.stdout?.on('data', (chunk: Buffer) => {
      // The shell's own trace has the command too, with a plus sign before it.
      const marks = chunk.toString('utf8').match(/(?<!echo )\bmark-\d+/g)?.length ?? 0;
      for (let i = 0; i < marks; i++) seenAt.push(performance.now());
    });
    let megabytes = 0;
    let cpu = 0;
    const looking = setInterval(() => {
      try {
        // Without a number once it has ended.
        megabytes = Math.max(megabytes, peakMegabytes(running.process.pid ?? 0) || 0);
        cpu = Math.max(cpu, cpuMs(running.process.pid ?? 0) || 0);
      } catch {
        clearInterval(looking);
      }
    }, LOOK_MS);
    const { report, log } = await running.ended.finally(() => clearInterval(looking));
    if (report?.result !== 'Succeeded' || seenAt.length !== steps) {
      throw new Error(
        `the stage ended as ${report?.result} after ${seenAt.length} steps:\n${log.slice(-1000)}`,
      );
    }
    return {
      steps: seenAt.slice(1).map((at, i) => at - (seenAt[i] ?? at)),
      start: (seenAt[0] ?? Number.NaN) - began,
      megabytes,
      cpuMs: cpu,
      byHand: byHand(shell, steps),
    };
  } finally {
    clearTimeout(limit);
    await stageRun.stop();
  }
}

/** The same shell, command by command, in milliseconds for one. */
function byHand(shell: string, steps: number): number {
  const command = SHELLS[shell] ?? 'sh';
  const script = `i=0; while [ $i -lt ${steps} ]; do ${command} -xec "echo mark-$i" </dev/null; i=$((i+1)); done`;
  const began = performance.now();
  const { status } = spawnSync('/bin/sh', ['-c', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: STAGE_MS,
  });
  if (status !== 0) throw new Error(`${command} ended with ${status}`);
  return (performance.now() - began) / steps;
}

function print(all: ReadonlyMap<string, readonly Measured[]>, steps: number, repeat: number): boolean {
  const rows = Array.from(all, ([shell, measured]) => ({
    shell,
    step: median(measured.flatMap((one) => one.steps)),
    byHand: median(measured.map((one) => one.byHand)),
    start: median(measured.map((one) => one.start)),
    fastest: Math.min(...measured.map((one) => one.start)),
    megabytes: Math.max(...measured.map((one) => one.megabytes)),
    cpu: median(measured.map((one) => one.cpuMs)),
  }));
  console.log(`\n${repeat} stages of ${steps} steps for each shell, load average ${load()}\n`);
  console.log(
    table(
      [
        'shell',
        'step ms',
        'by hand ms',
        'cost ms',
        'start ms',
        'fastest start',
        'peak MB',
        'CPU ms of the runner',
      ],
      [
        ['goal', '', '', `${GOALS.step}`, `${GOALS.start}`, '', `${GOALS.megabytes}`, ''],
        ...rows.map((row) => [
          row.shell,
          figure(row.step),
          figure(row.byHand),
          figure(row.step - row.byHand),
          figure(row.start),
          figure(row.fastest),
          figure(row.megabytes),
          figure(row.cpu),
        ]),
      ],
    ),
  );
  return rows.every(
    (row) =>
      row.step - row.byHand <= GOALS.step && row.start <= GOALS.start && row.megabytes <= GOALS.megabytes,
  );
}

async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      steps: { type: 'string', default: '100' },
      repeat: { type: 'string', default: '5' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const good = await bench(count('steps', values.steps, 2, 1000), count('repeat', values.repeat, 1, 1000));
  return good ? 0 : 2;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`otto bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
