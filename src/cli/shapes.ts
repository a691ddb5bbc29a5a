/** Which stages a Run has: from its frozen plan, and where that cannot be read from the Pipeline as it is now. */
import type { Run } from '../api/run.ts';
import { ApiError } from '../kube/errors.ts';
import { CONTROLLER_REVISIONS, PIPELINES } from '../kube/resource.ts';
import { unpackPlan } from '../operator/plan-data.ts';
import type { Cluster } from './cluster.ts';
import { type Shape, shapesOfPlan, shapesOfSpec } from './outline.ts';

/** Empty where neither may be read: the status alone is shown then. */
export async function shapesOf(run: Run, { client }: Cluster): Promise<Shape[]> {
  const namespace = run.metadata.namespace ?? '';
  const { plan } = run.status ?? {};
  if (plan !== undefined) {
    const revision = await orNothing(client.get(CONTROLLER_REVISIONS, { namespace, name: plan }));
    const frozen = revision === undefined ? undefined : unpackPlan(revision.data);
    if (frozen !== undefined) return shapesOfPlan(frozen);
  }
  if (run.spec.pipelineSpec !== undefined) return shapesOfSpec(run.spec.pipelineSpec);
  const { pipelineRef } = run.spec;
  if (pipelineRef === undefined) return [];
  const pipeline = await orNothing(client.get(PIPELINES, { namespace, name: pipelineRef.name }));
  return pipeline === undefined ? [] : shapesOfSpec(pipeline.spec);
}

/** Gone, or not for us to read: the view is poorer by it and works. */
async function orNothing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && (error.code === 404 || error.code === 403)) return undefined;
    throw error;
  }
}
