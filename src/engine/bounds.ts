/**
 * What of a stage is kept, so that a Run of 2,000 stages stays far under etcd's 1.5 MiB. A Run of up to 100 stages keeps
 * its steps; in a larger one a stage that ended well keeps none, and one that did not keeps those that went wrong.
 */
import type { StepStatus } from '../api/run.ts';
import { cut } from './text.ts';

const FEW_STAGES = 100;
const MOST_STEPS = 100;
const STEPS_OF_MANY = 3;
const MOST_OUTPUTS = 100;
const OUTPUTS_BYTES = 400_000;
const TOTAL_MESSAGE_BYTES = 300_000;

export interface Size {
  many: boolean;
  /** Bytes for the outputs of one stage. */
  outputs: number;
  message(text: string): string;
  reason(text: string): string;
}

const sizes = new Map<number, Size>();

export function sizeOf(stages: number): Size {
  const known = sizes.get(stages);
  if (known !== undefined) return known;
  const most = Math.max(100, Math.min(1024, Math.floor(TOTAL_MESSAGE_BYTES / Math.max(stages, 1) / 1.5)));
  const size: Size = {
    many: stages > FEW_STAGES,
    outputs: Math.max(128, Math.min(32_768, Math.floor(OUTPUTS_BYTES / Math.max(stages, 1)))),
    message: (text) => cut(text, most),
    reason: (text) => cut(text, 64),
  };
  if (sizes.size < 5000) sizes.set(stages, size);
  return size;
}

/** @param telling the steps are what somebody wants to see: the stage runs, or did not end well. */
export function boundedSteps(steps: readonly StepStatus[], size: Size, telling: boolean): StepStatus[] {
  const chosen = size.many ? ofMany(steps, telling) : steps.length <= MOST_STEPS ? steps : middleOut(steps);
  return chosen.map((step) => bounded(step, size));
}

function ofMany(steps: readonly StepStatus[], telling: boolean): readonly StepStatus[] {
  if (!telling) return [];
  return steps
    .filter((step) => step.result !== 'Succeeded' && step.result !== 'Skipped')
    .slice(0, STEPS_OF_MANY);
}

/** The first ones and the last ones, and what went wrong between them. */
function middleOut(steps: readonly StepStatus[]): readonly StepStatus[] {
  const half = MOST_STEPS / 2;
  const between = steps
    .slice(half - 10, -half)
    .filter(({ result }) => result !== 'Succeeded' && result !== 'Skipped');
  return [...steps.slice(0, half - 10), ...between.slice(0, 10), ...steps.slice(-half)];
}

function bounded(step: StepStatus, size: Size): StepStatus {
  const { name, id, message, ...rest } = step;
  const kept: StepStatus = { name: cut(name, 128), ...rest };
  if (id !== undefined && id.length <= 63) kept.id = id;
  if (message !== undefined) kept.message = cut(size.message(message), 300);
  return kept;
}

/** What does not fit is left out whole: a value cut short would be a wrong value. */
export function boundedOutputs(
  outputs: Record<string, string>,
  size: Size,
): Record<string, string> | undefined {
  const kept: Record<string, string> = {};
  let room = size.outputs;
  for (const [name, value] of Object.entries(outputs).slice(0, MOST_OUTPUTS)) {
    const bytes = Buffer.byteLength(JSON.stringify(value)) + name.length + 4;
    if (bytes > room) continue;
    room -= bytes;
    kept[name] = value;
  }
  return Object.keys(kept).length === 0 ? undefined : kept;
}
