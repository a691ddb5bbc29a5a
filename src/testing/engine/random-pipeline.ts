/** Pipelines of any shape that compiles: groups in groups, needs, conditions, retries, limits, finally. */
import type { PipelineSpec, Stage } from '../../api/pipeline.ts';
import type { Random } from '../random.ts';
import { aStage } from './builders.ts';

const MOST_LEAVES = 8;

export function randomPipeline(random: Random): PipelineSpec {
  const names = new Names();
  const stages: Stage[] = [];
  const count = random.whole(1, 4);
  for (let i = 0; i < count; i++) stages.push(node(random, names, 0, stages));
  const last = Array.from({ length: random.pick([0, 0, 1, 2]) }, () =>
    leaf(random, names.next('f'), undefined),
  );
  return {
    timeout: random.chance(0.1) ? `${random.whole(30, 600)}s` : '6h',
    stages,
    ...(last.length === 0 ? {} : { finally: last }),
    ...(random.chance(0.4) ? { source: { git: { url: 'https://git.invalid/x.git', ref: 'main' } } } : {}),
  };
}

class Names {
  #count = 0;

  next(prefix: string): string {
    return `${prefix}${this.#count++}`;
  }

  get full(): boolean {
    return this.#count >= MOST_LEAVES;
  }
}

function node(random: Random, names: Names, depth: number, before: readonly Stage[]): Stage {
  if (depth >= 2 || names.full || random.chance(0.65)) return leaf(random, names.next('s'), before);
  const members: Stage[] = [];
  const count = random.whole(1, 3);
  const parallel = random.chance(0.6);
  for (let i = 0; i < count; i++) members.push(node(random, names, depth + 1, parallel ? [] : members));
  return {
    name: names.next('g'),
    ...(parallel ? { parallel: members } : { stages: members }),
    ...common(random, before),
  };
}

function common(random: Random, before: readonly Stage[] | undefined): Partial<Stage> {
  const needs = before?.filter(() => random.chance(0.4)).map(({ name }) => name);
  return {
    ...(needs !== undefined && random.chance(0.5) ? { needs } : {}),
    ...(random.chance(0.12) ? { when: random.pick(['true', 'false', "run.name == 'demo'"]) } : {}),
    ...(random.chance(0.15) ? { allowFailure: true } : {}),
  };
}

function leaf(random: Random, name: string, before: readonly Stage[] | undefined): Stage {
  return aStage(name, {
    ...common(random, before),
    ...(random.chance(0.3) ? { timeout: `${random.whole(5, 120)}s` } : {}),
    ...(random.chance(0.2) ? { checkout: false } : {}),
    retries: {
      limit: random.pick([0, 0, 1, 2]),
      infrastructure: random.pick([0, 1, 2]),
      ...(random.chance(0.3) ? { results: [random.pick(['Failed', 'TimedOut'])] } : {}),
    },
    outputs: { x: 'y' },
  });
}
