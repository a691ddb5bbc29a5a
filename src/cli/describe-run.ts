/** All about a Run, the cause of its end on top. Pure. */
import type { Run, StageStatus, StepStatus } from '../api/run.ts';
import { type Look, line, type Span, stateSpan, symbolSpan, table } from './look.ts';
import { firstCause, type OutlineNode, outlineOf, type Shape, stagesOf, waitsFor } from './outline.ts';
import { isFinished, stateOfRun } from './run-state.ts';
import { oneLine } from './text.ts';
import { age, between } from './time.ts';

/** Steps of a stage that went well are counted, not listed, once there are more stages than a person reads. */
const MOST_STAGES_WITH_STEPS = 30;

export function describeRun(run: Run, shapes: readonly Shape[], look: Look): string[] {
  const outline = outlineOf(shapes, run.status);
  const stages = stagesOf(outline);
  const view: View = { outline, look, allSteps: stages.length <= MOST_STAGES_WITH_STEPS };
  return [
    ...header(run, look),
    '',
    line([['Stages', 'bold'], stages.length === 0 ? '  none is known yet' : ''], look),
    ...outline.flatMap((node) => nodeLines(node, 1, view)),
    ...next(run, outline),
  ];
}

function header(run: Run, look: Look): string[] {
  const { metadata, spec, status } = run;
  const state = stateOfRun(run);
  const facts: Span[][] = [];
  const fact = (name: string, ...value: Span[]): void => {
    if (value.some((span) => span !== '')) facts.push([[name, 'gray'], joined(value)]);
  };
  fact('Namespace', metadata.namespace ?? '');
  fact('Pipeline', spec.pipelineRef?.name ?? 'written in the Run itself');
  fact('Plan', status?.plan ?? '');
  fact('Source', sourceOf(run));
  fact('Params', paramsOf(run));
  fact('State', spec.state === undefined || spec.state === 'Running' ? '' : `${spec.state} is asked for`);
  fact('Created', metadata.creationTimestamp ?? '', ` (${age(metadata.creationTimestamp, look.now)} ago)`);
  fact('Duration', between(status?.startTime, status?.completionTime, look.now));
  fact('Progress', progressOf(run));
  const lines = [line([symbolSpan(state), ' ', [metadata.name ?? '', 'bold'], '  ', stateSpan(state)], look)];
  // What is to be acted on comes first and is not cut.
  const message = status?.message;
  if (message !== undefined) lines.push(...wrap(oneLine(message), look).map((text) => `  ${text}`));
  return [...lines, '', ...table(facts, look)];
}

function joined(spans: readonly Span[]): string {
  return spans.map((span) => (typeof span === 'string' ? span : span[0])).join('');
}

function sourceOf({ spec: { source }, status }: Run): string {
  const parts: string[] = [];
  if (source?.branch !== undefined) parts.push(`branch ${source.branch}`);
  if (source?.tag !== undefined) parts.push(`tag ${source.tag}`);
  const revision = status?.revision ?? source?.revision;
  if (revision !== undefined) parts.push(revision);
  return parts.join(', ');
}

function paramsOf({ spec: { params } }: Run): string {
  return Object.entries(params ?? {})
    .map(([name, value]) => `${name}=${typeof value === 'string' ? oneLine(value) : JSON.stringify(value)}`)
    .join(' ');
}

function progressOf({ status }: Run): string {
  if (status?.progress === undefined) return '';
  const counts = Object.entries(status.counts ?? {}).map(([state, count]) => `${count} ${state}`);
  return counts.length === 0 ? status.progress : `${status.progress} (${counts.join(', ')})`;
}

interface View {
  outline: readonly OutlineNode[];
  look: Look;
  allSteps: boolean;
}

function nodeLines(node: OutlineNode, depth: number, view: View): string[] {
  const { look } = view;
  const indent = '  '.repeat(depth);
  const spans: Span[] = [indent, symbolSpan(node.state), ' ', [node.name, 'bold'], '  '];
  if (node.kind === 'group') {
    const members = node.members.flatMap((member) => nodeLines(member, depth + 1, view));
    return [line([...spans, stateSpan(node.state), ['  group', 'gray']], look), ...members];
  }
  const { status } = node;
  if (status === undefined) {
    const needs = waitsFor(node, view.outline);
    const what = node.kind === 'finally' ? 'Waiting for the end' : 'Waiting';
    const after = needs.length === 0 ? '' : ` for ${needs.join(', ')}`;
    return [line([...spans, [`${what}${after}`, 'gray']], look)];
  }
  spans.push(stateSpan(node.state));
  const took = between(status.startTime, status.finishTime, look.now);
  if (took !== '') spans.push(`  ${took}`);
  if ((status.attempt ?? 1) > 1) spans.push(`  attempt ${status.attempt}`);
  if (status.reason !== undefined && status.reason !== node.state) spans.push([`  ${status.reason}`, 'gray']);
  if (node.allowFailure) spans.push(['  its failure is allowed', 'gray']);
  const inner = `${indent}  `;
  return [line(spans, look), ...aboutStage(status, inner, view)];
}

function aboutStage(status: StageStatus, indent: string, { look, allSteps }: View): string[] {
  const lines: string[] = [];
  if (status.message !== undefined) {
    lines.push(...wrap(oneLine(status.message), look, indent.length).map((text) => `${indent}${text}`));
  }
  for (const { attempt, result, reason, message } of status.retried ?? []) {
    const why = message === undefined ? '' : `: ${oneLine(message)}`;
    const text = `attempt ${attempt} ended ${result}${reason === result ? '' : ` (${reason})`}${why}`;
    lines.push(line([indent, symbolSpan(result), ' ', [text, 'gray']], look));
  }
  for (const step of status.steps ?? []) {
    if (allSteps || step.result === undefined || step.result !== 'Succeeded') {
      lines.push(stepLine(step, indent, look));
    }
  }
  for (const [name, value] of Object.entries(status.outputs ?? {})) {
    lines.push(line([indent, ['output ', 'gray'], `${name}=${oneLine(value)}`], look));
  }
  return lines;
}

function stepLine(step: StepStatus, indent: string, look: Look): string {
  const state = step.result ?? 'Running';
  const spans: Span[] = [indent, symbolSpan(state), ` ${oneLine(step.name)}`];
  const took = between(step.startTime, step.finishTime, look.now);
  if (took !== '') spans.push([`  ${took}`, 'gray']);
  if (state !== 'Succeeded') spans.push('  ', stateSpan(state));
  if (step.exitCode !== undefined && step.exitCode !== 0) spans.push(`  exit code ${step.exitCode}`);
  if (step.message !== undefined) spans.push(`  ${oneLine(step.message)}`);
  return line(spans, look);
}

/** What a person would type now. */
function next(run: Run, outline: readonly OutlineNode[]): string[] {
  const name = run.metadata.name ?? '';
  if (!isFinished(run)) return ['', `Follow it: otto logs -f ${name}   Cancel it: otto cancel ${name}`];
  const cause = firstCause(outline, run.status?.result);
  const which = cause === undefined ? '' : ` --stage ${cause.name}`;
  return ['', `Its log: otto logs ${name}${which}`];
}

/** At words, to the terminal's width less two for an indent; a word that is longer stands alone. */
export function wrap(text: string, look: Look, indent: number = 2): string[] {
  if (look.width === undefined) return [text];
  const width = Math.max(20, look.width - indent);
  const lines: string[] = [];
  let current = '';
  for (const word of text.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > width) {
      lines.push(current);
      current = word;
    } else current = current === '' ? word : `${current} ${word}`;
  }
  return [...lines, current];
}
