/**
 * The runner's termination message: its last report as JSON in at most 4,096 bytes (the kubelet's bound for one
 * container). What does not fit is left out, the least telling first.
 */
import type { StepStatus } from '../api/run.ts';
import type { StageReport } from './protocol.ts';

export const TERMINATION_BYTES = 4096;
const MESSAGE_BYTES = 1024;
const STEP_MESSAGE_BYTES = 256;

/** @returns JSON of at most 4,096 bytes that decodeTermination reads. */
export function encodeTermination(report: StageReport): string {
  const kept: StageReport = {
    version: 1,
    run: report.run,
    stage: report.stage,
    attempt: report.attempt,
    sequence: report.sequence,
    startTime: report.startTime,
    steps: [],
  };
  if (report.result !== undefined) kept.result = report.result;
  if (report.reason !== undefined) kept.reason = cutText(report.reason, 128);
  if (report.finishTime !== undefined) kept.finishTime = report.finishTime;
  if (report.message !== undefined) kept.message = cutText(report.message, MESSAGE_BYTES);
  if (report.outputs !== undefined) addOutputs(kept, report.outputs);
  if (report.revision !== undefined) {
    kept.revision = cutText(report.revision, 128);
    if (bytes(kept) > TERMINATION_BYTES) delete kept.revision;
  }
  addSteps(kept, report.steps);
  return JSON.stringify(kept);
}

function addOutputs(kept: StageReport, outputs: Record<string, string>): void {
  const fitting: Record<string, string> = {};
  let room = TERMINATION_BYTES - bytes({ ...kept, outputs: {} });
  // The short ones first: one value that is too long does not cost the others.
  for (const [name, value] of Object.entries(outputs).sort((a, b) => a[1].length - b[1].length)) {
    room -= bytes(name) + bytes(value) + 2;
    if (room < 0) break;
    fitting[name] = value;
  }
  if (room >= 0 || bytes({ ...kept, outputs: fitting }) <= TERMINATION_BYTES) kept.outputs = fitting;
}

function addSteps(kept: StageReport, steps: readonly StepStatus[]): void {
  const chosen = new Set<number>();
  const order = steps.map((_, index) => index).sort((a, b) => weight(steps[a]) - weight(steps[b]) || a - b);
  let room = TERMINATION_BYTES - bytes(kept);
  const short = steps.map((step) => shortened(step));
  for (const index of order) {
    room -= bytes(short[index]) + 1;
    if (room < 0) break;
    chosen.add(index);
  }
  kept.steps = short.filter((_, index) => chosen.has(index));
}

/** What went wrong is told first. */
function weight(step: StepStatus | undefined): number {
  return step?.result === 'Succeeded' || step?.result === 'Skipped' ? 1 : 0;
}

function shortened(step: StepStatus): StepStatus {
  const short: StepStatus = { ...step, name: cutText(step.name, 128) };
  if (step.message !== undefined) short.message = cutText(step.message, STEP_MESSAGE_BYTES);
  return short;
}

/** Cuts by the bytes that the text takes in JSON; characters stay whole. */
export function cutText(text: string, limit: number): string {
  if (bytes(text) - 2 <= limit) return text;
  let room = limit - Buffer.byteLength('…');
  let cut = '';
  for (const character of text) {
    room -= bytes(character) - 2;
    if (room < 0) break;
    cut += character;
  }
  return `${cut}…`;
}

function bytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}
