/** A Run driven by hand: its status is written, its pods are made as asked for; a test says what happens to them. */
import assert from 'node:assert/strict';
import type { Pod } from '../../api/kubernetes.ts';
import type { Run, RunSpec, StageStatus } from '../../api/run.ts';
import { decide } from '../../engine/decide.ts';
import type { Action, CreateRefusal, DecideInput, Decision, PodWarning } from '../../engine/decide-types.ts';
import type { Plan } from '../../plan/plan.ts';
import type { ReportedResult, StageReport } from '../../runner/protocol.ts';
import { anEndedPod, anInput, aPod, aReport, aRun, NOW, type PodLook } from './builders.ts';

type CreatePod = Extract<Action, { type: 'CreatePod' }>;

export class Driven {
  run: Run;
  now: number = NOW;
  plan: Plan | undefined;
  readonly pods: Map<string, Pod> = new Map();
  readonly missing: Set<string> = new Set();
  readonly reports: Map<string, StageReport> = new Map();
  readonly refusals: Map<string, CreateRefusal> = new Map();
  readonly warnings: Map<string, PodWarning> = new Map();
  readonly created: CreatePod[] = [];
  last: Decision | undefined;
  more: Partial<DecideInput> = {};

  constructor(plan: Plan | undefined, spec: Partial<RunSpec> = {}) {
    this.plan = plan;
    this.run = aRun(spec);
  }

  /** As the operator does: creates, decides again, writes. @returns what else is to be done. */
  pass(): Action[] {
    for (let round = 0; round < 5; round++) {
      this.last = decide(this.input());
      const creates = this.last.actions.filter((action): action is CreatePod => action.type === 'CreatePod');
      const allowed = creates.filter(({ stage }) => !this.refusals.has(stage));
      for (const action of allowed) this.create(action);
      if (allowed.length === 0) break;
    }
    assert.ok(this.last !== undefined);
    this.run = { ...this.run, status: this.last.status };
    return this.last.actions.filter(({ type }) => type !== 'CreatePod');
  }

  input(): DecideInput {
    return anInput(this.plan, {
      run: this.run,
      pods: [...this.pods.values()],
      missingPods: this.missing,
      reports: this.reports,
      refusals: this.refusals,
      warnings: this.warnings,
      now: this.now,
      ...this.more,
    });
  }

  create(action: CreatePod): void {
    this.created.push(action);
    this.look(action.stage, {
      attempt: action.attempt,
      phase: 'Pending',
      containers: null,
      created: this.now,
    });
  }

  /** What the API server shows of a stage's pod from now on. */
  look(stage: string, look: PodLook = {}): void {
    const pod = aPod(stage, { created: this.now, ...look });
    this.pods.set(pod.metadata.uid ?? '', pod);
  }

  report(stage: string, result?: ReportedResult, more: Partial<StageReport> = {}): void {
    const attempt = more.attempt ?? this.stage(stage)?.attempt ?? 1;
    this.reports.set(`uid-${stage}-${attempt}`, aReport(stage, result, { attempt, ...more }));
  }

  /** Its pod ended, with the runner's word in it. */
  ends(stage: string, result: ReportedResult, more: Partial<StageReport> = {}): void {
    const attempt = more.attempt ?? this.stage(stage)?.attempt ?? 1;
    const pod = anEndedPod(stage, aReport(stage, result, { attempt, ...more }), { created: this.now });
    this.pods.set(pod.metadata.uid ?? '', pod);
  }

  gone(stage: string, attempt: number = this.stage(stage)?.attempt ?? 1): void {
    this.pods.delete(`uid-${stage}-${attempt}`);
    this.missing.add(`uid-${stage}-${attempt}`);
  }

  after(seconds: number): this {
    this.now += seconds * 1000;
    return this;
  }

  stage(name: string): StageStatus | undefined {
    return this.run.status?.stages?.find((stage) => stage.name === name);
  }

  /** `name:state` or `name:result/reason`, in the order of the status. */
  get shown(): string {
    return (this.run.status?.stages ?? [])
      .map(({ name, state, result, reason }) => {
        const why = reason === undefined ? '' : `/${reason}`;
        return `${name}:${result ?? state}${why}`;
      })
      .join(' ');
  }

  /** `Type:Reason …` of the Run's conditions. */
  get reasons(): string {
    return (this.run.status?.conditions ?? []).map(({ type, reason }) => `${type}:${reason}`).join(' ');
  }

  get createdNames(): string {
    return this.created.map(({ stage, attempt }) => `${stage}#${attempt}`).join(' ');
  }
}
