// All tests, in the order of what fails fastest. Ends with the line `N passed, N failed`.
import { spawn } from 'node:child_process';

const checks: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['generated files are up to date', 'node', 'hack/generate/main.ts', '--check'],
  ['types', 'tsc', '-p', '.'],
  ['lint', 'oxlint', '--type-aware'],
  ['format', 'biome', 'check', '.'],
  ['unit tests', 'mocha', '--reporter', 'dot'],
];

function run(command: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      process.stdout.write(text);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

let passed = 0;
let failed = 0;
for (const [name, command, ...args] of checks) {
  console.log(`\n== ${name}`);
  const { code, output } = await run(command, args);
  const counted = Number(/(\d+) passing/.exec(output)?.[1] ?? 0);
  const wrong = Number(/(\d+) failing/.exec(output)?.[1] ?? 0);
  passed += counted + (code === 0 ? 1 : 0);
  failed += wrong + (code !== 0 && wrong === 0 ? 1 : 0);
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
