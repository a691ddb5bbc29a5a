/** `spec.state` of a Run, the one field that may change while it runs. */
import type { Run, RunSpec } from '../api/run.ts';
import { RUNS } from '../kube/resource.ts';
import type { Cluster } from './cluster.ts';
import { getRun } from './find.ts';
import type { Io } from './io.ts';
import { resourceName } from './output.ts';
import { isFinished } from './run-state.ts';

type WantedState = NonNullable<RunSpec['state']>;

const WORDS: { readonly [state in WantedState]: string } = {
  Running: 'resumed',
  Paused: 'paused',
  Cancelled: 'cancelled',
};

/** All names are looked up before the first Run is changed. @returns the Runs that had not ended. */
export async function setState(
  cluster: Cluster,
  references: readonly string[],
  state: WantedState,
  io: Io,
): Promise<Run[]> {
  const runs: Run[] = [];
  for (const reference of references) runs.push(await getRun(cluster, reference));
  const changed: Run[] = [];
  for (const run of runs) {
    const { name = '', namespace = cluster.namespace } = run.metadata;
    if (isFinished(run)) {
      // Asking twice is no error: what was wanted is so.
      io.print(`${resourceName(run)} has ended already: ${run.status?.result ?? 'without a result'}`);
      continue;
    }
    const body = { spec: { state } };
    changed.push(await cluster.client.patch(RUNS, { namespace, name }, { kind: 'merge', body }));
    io.print(`${resourceName(run)} ${WORDS[state]}`);
  }
  return changed;
}
