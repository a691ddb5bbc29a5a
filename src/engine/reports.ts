/** The newest report of an attempt's runner, of either channel. */
import type { Pod } from '../api/kubernetes.ts';
import type { StageReport } from '../runner/protocol.ts';
import { decodeTermination } from '../runner/report-parser.ts';
import { runnerOf } from './observations.ts';

interface Whose {
  run: string;
  stage: string;
  attempt: number;
}

/** Snapshots: the one with the higher sequence holds all that the other does. */
export function newestReport(
  whose: Whose,
  direct: StageReport | undefined,
  pod: Pod | undefined,
): StageReport | undefined {
  const told = isOf(direct, whose) ? direct : undefined;
  const left = terminationReport(pod);
  if (left === undefined || !isOf(left, whose)) return told;
  // Of equal ones the direct report is the whole one.
  return told === undefined || left.sequence > told.sequence ? left : told;
}

const decoded = new WeakMap<Pod, { report: StageReport | undefined }>();

function terminationReport(pod: Pod | undefined): StageReport | undefined {
  const message = pod && runnerOf(pod)?.state?.terminated?.message;
  if (pod === undefined || message === undefined) return undefined;
  const known = decoded.get(pod);
  if (known !== undefined) return known.report;
  const report = decodeTermination(message);
  decoded.set(pod, { report });
  return report;
}

function isOf(report: StageReport | undefined, { run, stage, attempt }: Whose): boolean {
  return report !== undefined && report.run === run && report.stage === stage && report.attempt === attempt;
}
