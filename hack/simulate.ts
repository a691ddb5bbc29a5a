/**
 * Simulates many Runs at the level of decisions: node hack/bootstrap.mjs hack/simulate.ts --seeds N --from S
 * With --seed S, one of them, told step by step.
 */
import { parseArgs } from 'node:util';
import { type Simulated, simulate } from '../src/testing/engine/simulation.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    most: { type: 'string', default: '10' },
  },
});

function many(from: number, count: number, most: number): void {
  const totals = new Totals();
  const started = Date.now();
  let failed = 0;
  for (let seed = from; seed < from + count; seed++) {
    try {
      totals.add(simulate(seed));
    } catch (error) {
      failed++;
      console.error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
      if (failed >= most) break;
    }
    if ((seed - from + 1) % 5000 === 0) {
      const seconds = (Date.now() - started) / 1000;
      console.log(`${seed - from + 1} of ${count} Runs in ${seconds.toFixed(0)} s, ${failed} failed`);
    }
  }
  totals.print(failed, (Date.now() - started) / 1000);
  process.exitCode = failed === 0 ? 0 : 1;
}

class Totals {
  #runs = 0;
  #stages = 0;
  #pods = 0;
  #decisions = 0;
  #crashes = 0;
  readonly #results = new Map<string, number>();
  readonly #fates = new Map<string, number>();

  add(run: Simulated): void {
    this.#runs++;
    this.#stages += run.stages;
    this.#pods += run.pods;
    this.#decisions += run.decisions;
    this.#crashes += run.crashes;
    count(this.#results, run.result);
    for (const fate of run.fates) count(this.#fates, fate);
  }

  print(failed: number, seconds: number): void {
    console.log(`Runs ${this.#runs} (${failed} failed), stages ${this.#stages}, pods ${this.#pods}`);
    console.log(
      `decisions ${this.#decisions}, operator killed ${this.#crashes} times, ${seconds.toFixed(1)} s`,
    );
    console.log(`results: ${shown(this.#results)}`);
    console.log(`pods: ${shown(this.#fates)}`);
  }
}

function count(into: Map<string, number>, key: string): void {
  into.set(key, (into.get(key) ?? 0) + 1);
}

function shown(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  return sorted.map(([key, number]) => `${key} ${number}`).join(', ');
}

if (values.seed === undefined) many(Number(values.from), Number(values.seeds), Number(values.most));
else console.log(simulate(Number(values.seed), (line) => console.log(line)));
