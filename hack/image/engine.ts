// Which program builds images here. A `docker` client may be installed with no engine behind it, so the engine
// is asked and not the PATH.

import { succeeds } from '../tools/command.ts';
import { onPath } from '../tools/path.ts';

export type Engine = 'docker' | 'podman' | 'buildah';

export async function imageEngine(
  answers: (engine: 'docker' | 'podman') => Promise<boolean> = engineAnswers,
): Promise<Engine> {
  for (const engine of ['docker', 'podman'] as const) if (await answers(engine)) return engine;
  return 'buildah';
}

async function engineAnswers(engine: 'docker' | 'podman'): Promise<boolean> {
  if (onPath(engine) === undefined) return false;
  const argv =
    engine === 'docker' ? ['docker', 'version', '--format', '{{.Server.Version}}'] : ['podman', 'info'];
  return await succeeds(argv, { timeout: 5_000 });
}
