// All tests, in the order of what fails fastest, while the cluster for the last of them is made ready in the
// background. Ends with the line `N passed, N failed`.
import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, stripVTControlCharacters } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({
  options: { fast: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
});

interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const checks: readonly Check[] = [
  { name: 'generated files are up to date', command: ['node', 'hack/generate/main.ts', '--check'] },
  { name: 'types', command: ['tsc', '-p', '.'] },
  { name: 'lint', command: ['oxlint', '--type-aware'] },
  { name: 'format', command: ['biome', 'check', '.'] },
  { name: 'step library', command: ['node', 'hack/steps.ts'] },
  { name: 'unit and property tests', command: ['mocha', '--reporter', 'dot'] },
];
const onCluster: readonly Check[] = [
  { name: 'end to end, on a real cluster', command: ['node', 'hack/e2e.ts'] },
  // Short forms of what is measured and proven at length: that they work, not what they measure.
  { name: 'short: the operator killed under load', command: ['node', 'hack/faults/kills.ts', '--kills=15'] },
  { name: 'short: throughput', command: ['node', 'hack/bench/throughput.ts', '--runs=20', '--repeat=1'] },
  { name: 'short: cost of a step', command: ['node', 'hack/bench/step-cost.ts', '--steps=20', '--repeat=2'] },
];

interface Ended {
  code: number;
  output: string;
}

function start(
  { command: [program, ...args] }: Check,
  show: boolean,
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (show) process.stdout.write(text);
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
  return { child, ended };
}

let passed = 0;
let failed = 0;

/** A check counts as one, and each test within it as one more. */
async function run(check: Check): Promise<void> {
  console.log(`\n== ${check.name}`);
  const { code, output: shown } = await start(check, true).ended;
  const output = stripVTControlCharacters(shown);
  const sum = (pattern: RegExp): number =>
    [...output.matchAll(pattern)].reduce((total, [, count]) => total + Number(count), 0);
  const wrong = sum(/^ *(\d+) failing/gm);
  passed += sum(/^ *(\d+) passing/gm) + (code === 0 ? 1 : 0);
  failed += wrong + (code !== 0 && wrong === 0 ? 1 : 0);
}

if (values.help) {
  console.log('usage: npm test [-- --fast]\n  --fast   all but the end-to-end tests, which need a cluster');
} else {
  const preparing = values.fast
    ? undefined
    : start({ name: 'prepare', command: ['node', 'hack/e2e.ts', '--prepare'] }, false);
  for (const check of checks) await run(check);
  if (preparing !== undefined) {
    console.log('\n== the cluster is made ready');
    // What went wrong there is said again, and counted, when the tests need it.
    await preparing.ended;
    for (const check of onCluster) await run(check);
  }
  console.log(`\n${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
