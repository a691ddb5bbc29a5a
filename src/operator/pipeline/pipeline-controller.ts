/** Says of each Pipeline whether it can work: condition Ready, with every error, its path and its cure. */
import type { Condition, Pipeline, PipelineStatus } from '../../api/pipeline.ts';
import type { ApiClient } from '../../kube/client.ts';
import { isConflict, isNotFound } from '../../kube/errors.ts';
import { patchStatus, statusDifference } from '../../kube/patch-status.ts';
import { PIPELINES } from '../../kube/resource.ts';
import { compile } from '../../plan/compile.ts';
import type { StepLibrary } from '../../plan/manifest.ts';
import { describeDiagnostics } from '../diagnostics.ts';
import { objectKey, type Views } from '../views.ts';
import type { Outcome } from '../worker-pool.ts';

export interface PipelineControllerOptions {
  client: ApiClient;
  pipelines: Views['pipelines'];
  library: StepLibrary;
  now(): number;
}

export async function reconcilePipeline(key: string, options: PipelineControllerOptions): Promise<Outcome> {
  const pipeline = options.pipelines.get(objectKey(key));
  if (pipeline === undefined || pipeline.metadata.deletionTimestamp !== undefined)
    return { result: 'success' };
  const after = judge(pipeline, options.library, options.now());
  if (statusDifference(pipeline.status, after).length === 0) return { result: 'success' };
  try {
    options.pipelines.observe(
      await patchStatus(options.client, PIPELINES, pipeline, { ...pipeline, status: after }),
    );
  } catch (error) {
    if (isConflict(error)) return { result: 'conflict', requeueAfterMs: 100 };
    if (isNotFound(error)) return { result: 'success' };
    throw error;
  }
  return { result: 'success' };
}

/** Other conditions are others' and stay. */
export function judge(pipeline: Pipeline, library: StepLibrary, now: number): PipelineStatus {
  const compiled = compile(pipeline.spec, { name: pipeline.metadata.name ?? '', library });
  const { generation } = pipeline.metadata;
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const before = pipeline.status?.conditions ?? [];
  const others = before.filter(({ type }) => type !== 'Ready' && type !== 'Stalled');
  const make = (type: string, status: 'True' | 'False', reason: string, message: string): Condition => {
    const old = before.find((condition) => condition.type === type);
    const time = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
    const lastTransitionTime = old?.status === status ? old.lastTransitionTime : time;
    return { type, status, reason, message, lastTransitionTime, ...observed };
  };
  if ('errors' in compiled) {
    const ready = make('Ready', 'False', 'Invalid', describeDiagnostics(compiled.errors));
    // Waiting does not help, which Ready alone does not say to kstatus.
    const stalled = make('Stalled', 'True', 'Invalid', 'Correct the errors that Ready lists.');
    return { ...observed, conditions: [...others, ready, stalled] };
  }
  const stages = compiled.plan.stages.length + compiled.plan.finally.length;
  const message = stages === 1 ? '1 stage' : `${stages} stages`;
  return { ...observed, conditions: [...others, make('Ready', 'True', 'Valid', message)], stages };
}
