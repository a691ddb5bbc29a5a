/** What the Run as a whole says, from its stages: progress, counts, message, conditions. */
import type { Condition } from '../api/pipeline.ts';
import type { RunResult, RunStatus, StageStatus } from '../api/run.ts';
import { formatDuration } from '../plan/duration.ts';
import { isActive } from './advance.ts';
import type { Decider } from './decider.ts';
import { firstCause } from './policies/run-result.ts';
import { isEqual } from './status.ts';
import { cut } from './text.ts';
import { formatTime, parseTime } from './time.ts';

const MOST_CURRENT = 200;
const MOST_MESSAGE = 1024;

export interface Summary {
  startTime: string;
  /** Names allowed to fail. */
  allowed: ReadonlySet<string>;
  total: number;
  /** Where a stage stands in the plan. */
  position?: ReadonlyMap<string, number>;
  /** Set at the end. */
  result?: RunResult;
  /** At a bad end: in one word why, where that is not the result alone. */
  cause?: string;
  /** While it goes on: in one word what it does. */
  doing?: string;
  message?: string | undefined;
  revision?: string | undefined;
}

export function summarize(decider: Decider, summary: Summary): RunStatus {
  const { run, planName, now } = decider.input;
  const before = run.status ?? {};
  const stages = ordered(decider, summary.position);
  const message = summary.message ?? messageOf(stages, summary.allowed, summary.result);
  const finished = stages.filter(({ state }) => state === 'Finished').length;
  const current = stages.filter(isActive).map(({ name }) => name);
  const plan = before.plan ?? planName;
  const status: RunStatus = {
    ...(run.metadata.generation === undefined ? {} : { observedGeneration: run.metadata.generation }),
    conditions: conditions(before.conditions ?? [], summary, message, formatTime(now)),
    ...(summary.result === undefined ? {} : end(summary.result, summary.startTime, now)),
    startTime: summary.startTime,
    ...(plan === undefined ? {} : { plan }),
    ...(message === undefined ? {} : { message: cut(message, MOST_MESSAGE * 8) }),
    ...(summary.total === 0
      ? {}
      : { progress: `${finished}/${summary.total}`, counts: counts(stages, summary.total) }),
    ...(current.length === 0 ? {} : { current: cut(current.join(','), MOST_CURRENT) }),
    ...(summary.revision === undefined ? {} : { revision: summary.revision }),
    ...(stages.length === 0 ? {} : { stages }),
  };
  return keep(before, status, run.status !== undefined);
}

/** What is recorded keeps its place, which makes a write small; what is new comes after it as it is written. */
function ordered(
  { input, stages }: Decider,
  position: ReadonlyMap<string, number> = new Map(),
): StageStatus[] {
  const all = [...stages.values()];
  const recorded = input.run.status?.stages?.length ?? 0;
  const place = ({ name }: StageStatus): number => position.get(name) ?? 0;
  return [...all.slice(0, recorded), ...all.slice(recorded).sort((a, b) => place(a) - place(b))];
}

function end(result: RunResult, startTime: string, now: number): Partial<RunStatus> {
  const seconds = Math.max(0, (Math.floor(now / 1000) * 1000 - (parseTime(startTime) ?? now)) / 1000);
  return { result, completionTime: formatTime(now), duration: formatDuration(seconds) };
}

/** The cause of a bad end; before that, the first thing that is waited for. */
export function messageOf(
  stages: readonly StageStatus[],
  allowed: ReadonlySet<string>,
  result: RunResult | undefined,
): string | undefined {
  const cause = firstCause(stages, allowed);
  if (cause !== undefined) {
    const why = cause.message ?? (cause.reason === cause.result ? undefined : cause.reason);
    return `Stage "${cause.name}" ${VERBS[cause.result ?? 'Failed']}${why === undefined ? '.' : `: ${why}`}`;
  }
  if (result !== undefined) return undefined;
  const waiting = stages.find(({ state, message }) => state !== 'Finished' && message !== undefined);
  return waiting && `Stage "${waiting.name}" waits: ${waiting.message}`;
}

const VERBS: { readonly [result in NonNullable<StageStatus['result']>]: string } = {
  Succeeded: 'succeeded',
  Unstable: 'is unstable',
  Failed: 'failed',
  Aborted: 'was aborted',
  Skipped: 'was skipped',
  Cancelled: 'was cancelled',
  TimedOut: 'timed out',
  Lost: 'was lost',
};

function counts(stages: readonly StageStatus[], total: number): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { state, result } of stages) {
    const key = result ?? state;
    found[key] = (found[key] ?? 0) + 1;
  }
  const waiting = (found['Waiting'] ?? 0) + total - stages.length;
  if (waiting > 0) found['Waiting'] = waiting;
  return found;
}

/**
 * `Succeeded` is for people and `kubectl wait`. kstatus knows two abnormal conditions for resources it does not know:
 * Reconciling (in progress) and Stalled (failed); without either the Run is current.
 */
function conditions(
  before: readonly Condition[],
  { result, cause, doing = 'Running' }: Summary,
  message: string | undefined,
  now: string,
): Condition[] {
  const well = result === 'Succeeded' || result === 'Unstable';
  const make = (type: string, status: Condition['status'], reason: string, text: string): Condition => {
    const old = before.find((condition) => condition.type === type);
    return {
      type,
      status,
      reason,
      message: text,
      lastTransitionTime: old?.status === status ? old.lastTransitionTime : now,
    };
  };
  const text = cut(message ?? '', MOST_MESSAGE * 8);
  if (result === undefined)
    return [make('Succeeded', 'Unknown', doing, text), make('Reconciling', 'True', doing, '')];
  if (well) return [make('Succeeded', 'True', result, text)];
  return [make('Succeeded', 'False', result, text), make('Stalled', 'True', cause ?? result, cut(text, 200))];
}

/** Fields that are equal stay the same objects; and if all are, so does the status. */
function keep(before: RunStatus, after: RunStatus, existed: boolean): RunStatus {
  const stages = sameStages(before.stages, after.stages);
  const kept: RunStatus = {
    ...after,
    ...(stages === undefined ? {} : { stages }),
    ...(before.conditions !== undefined && isEqual(before.conditions, after.conditions)
      ? { conditions: before.conditions }
      : {}),
    ...(before.counts !== undefined && isEqual(before.counts, after.counts) ? { counts: before.counts } : {}),
  };
  return existed && isEqual(before, kept) ? before : kept;
}

function sameStages(
  before: StageStatus[] | undefined,
  after: StageStatus[] | undefined,
): StageStatus[] | undefined {
  if (before === undefined || after === undefined || before.length !== after.length) return after;
  return before.every((stage, index) => stage === after[index]) ? before : after;
}
