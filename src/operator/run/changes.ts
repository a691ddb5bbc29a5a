/** What a status write means in logs and metrics, from the difference of two statuses. */
import type { Run, RunStatus, StageStatus } from '../../api/run.ts';
import type { Logger } from '../logging.ts';
import type { Metrics } from '../metrics.ts';

export function recordChanges(
  run: Run,
  after: RunStatus,
  logger: Logger,
  metrics: Metrics,
  now: number,
  reconcileID: string,
): void {
  const where = { run: run.metadata.name, namespace: run.metadata.namespace, reconcileID };
  const before = new Map((run.status?.stages ?? []).map((stage) => [stage.name, stage]));
  for (const stage of after.stages ?? []) {
    const old = before.get(stage.name);
    if (old !== stage) recordStage(old, stage, where, logger, metrics, now);
  }
  if (
    run.status?.stages === undefined &&
    after.stages?.some((stage) => stage.podUID !== undefined) === true
  ) {
    metrics.runStart.observe(Math.max(0, now - Date.parse(run.metadata.creationTimestamp ?? '')) / 1000);
  }
  if (after.result !== undefined && run.status?.result === undefined) {
    metrics.runs.inc({ result: after.result });
    logger.info('run ended', {
      ...where,
      result: after.result,
      duration: after.duration,
      reason: after.message,
    });
  }
}

function recordStage(
  old: StageStatus | undefined,
  stage: StageStatus,
  where: { readonly [field: string]: string | undefined },
  logger: Logger,
  metrics: Metrics,
  now: number,
): void {
  const about = { ...where, stage: stage.name, attempt: stage.attempt };
  const retries = (stage.retried?.length ?? 0) - (old?.retried?.length ?? 0);
  if (retries > 0) {
    const last = stage.retried?.at(-1);
    metrics.attemptsRetried.inc({ reason: last?.reason ?? '' });
    logger.info('stage is retried', { ...about, reason: last?.reason, cause: last?.message });
  }
  if (stage.podUID !== undefined && stage.podUID !== old?.podUID) {
    logger.info('stage started', { ...about, pod: stage.podName });
  }
  if (stage.state === 'Running' && old?.state !== 'Running' && stage.startTime !== undefined) {
    metrics.stageStart.observe(Math.max(0, now - Date.parse(stage.startTime)) / 1000);
  }
  if (stage.state === 'Finished' && old?.state !== 'Finished' && stage.result !== undefined) {
    metrics.stages.inc({ result: stage.result });
    logger.info('stage ended', {
      ...about,
      result: stage.result,
      reason: stage.reason,
      cause: stage.message,
    });
  }
}
