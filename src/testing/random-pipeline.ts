/** Pipelines of all shapes: lists, DAGs, groups, retries, conditions, finally. Valid by construction. */
import type { PipelineSpec, Stage } from '../api/pipeline.ts';
import type { Random } from './random.ts';

const MOST_STAGES = 7;

export function randomPipeline(random: Random): PipelineSpec {
  const names: string[] = [];
  const count = random.whole(1, MOST_STAGES);
  const stages: Stage[] = [];
  while (names.length < count) {
    if (random.chance(0.2)) stages.push(randomGroup(random, names));
    else stages.push(randomStage(random, names));
  }
  const last = Array.from({ length: random.whole(0, 2) }, (_, i) => leaf(`last${i}`, random));
  return {
    stages,
    timeout: random.chance(0.2) ? `${random.whole(20, 120)}s` : '2h',
    ...(last.length === 0 ? {} : { finally: last }),
  };
}

function randomGroup(random: Random, names: string[]): Stage {
  const name = `group${names.length}`;
  // Its members may need what stands before it, not the group itself.
  const members = Array.from({ length: random.whole(1, 3) }, () => leaf(nameOf(names), random));
  return {
    name,
    ...needs(random, names.slice(0, names.length - members.length)),
    ...(random.chance(0.5) ? { parallel: members } : { stages: members }),
  };
}

function randomStage(random: Random, names: string[]): Stage {
  const known = [...names];
  return {
    ...leaf(nameOf(names), random),
    ...needs(random, known),
    ...(random.chance(0.1) ? { when: random.chance(0.5) ? 'true' : 'false' } : {}),
  };
}

function needs(random: Random, known: readonly string[]): { needs?: string[] } {
  if (random.chance(0.4)) return {};
  return { needs: known.filter(() => random.chance(0.4)) };
}

function nameOf(names: string[]): string {
  const name = `stage${names.length}`;
  names.push(name);
  return name;
}

function leaf(name: string, random: Random): Stage {
  return {
    name,
    steps: [{ echo: name }],
    retries: {
      limit: random.whole(0, 2),
      infrastructure: random.whole(0, 3),
      backoff: { initial: `${random.whole(0, 10)}s` },
    },
    ...(random.chance(0.15) ? { allowFailure: true } : {}),
    ...(random.chance(0.1) ? { timeout: `${random.whole(5, 60)}s` } : {}),
  };
}
