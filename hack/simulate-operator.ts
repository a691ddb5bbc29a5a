// The whole operator on a model of the API server, seed after seed, each with its own kills, lost requests, broken
// watches and bad pods: node hack/bootstrap.mjs hack/simulate-operator.ts --seeds 10000 [--from 1] [--log]
import { parseArgs } from 'node:util';
import { loadLibrary } from '../src/stdlib.ts';
import { simulate } from '../src/testing/simulate.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    log: { type: 'boolean', default: false },
  },
});
const first = Number(values.from);
const count = Number(values.seeds);
const library = loadLibrary(new URL('../stdlib', import.meta.url).pathname);
const results: Record<string, number> = {};
let runs = 0;
let writes = 0;
let kills = 0;
let failed = 0;
const started = performance.now();
for (let seed = first; seed < first + count; seed++) {
  const played = await simulate({ seed, library, ...(values.log ? { onLog: console.log } : {}) });
  for (const run of played.runs) {
    runs++;
    const result = run.status?.result ?? 'none';
    results[result] = (results[result] ?? 0) + 1;
  }
  writes += played.writes;
  kills += played.kills;
  if (played.problems.length > 0) {
    failed++;
    console.log(`seed ${seed}:\n  ${played.problems.join('\n  ')}`);
  }
  if ((seed - first + 1) % 500 === 0) console.error(`${seed - first + 1} of ${count}, ${failed} failed`);
}
const seconds = (performance.now() - started) / 1000;
console.log(
  `${count} seeds in ${seconds.toFixed(0)} s: ${runs} Runs (${Object.entries(results)
    .map(([result, n]) => `${n} ${result}`)
    .join(', ')}), ${writes} writes, ${kills} kills of the operator; ${failed} seeds failed`,
);
process.exitCode = failed === 0 ? 0 : 1;
