/** All about a Pipeline that somebody who starts a Run of it wants to know. Pure. */
import type { Json, Param, Pipeline } from '../api/pipeline.ts';
import type { Run } from '../api/run.ts';
import { wrap } from './describe-run.ts';
import { type Look, line, type Span, symbolSpan, table } from './look.ts';
import { type Shape, shapesOfSpec } from './outline.ts';
import { runTable } from './run-table.ts';
import { oneLine } from './text.ts';

const MOST_RUNS = 5;

/** @param runs of this Pipeline, the newest first. */
export function describePipeline(pipeline: Pipeline, runs: readonly Run[], look: Look): string[] {
  const { metadata, spec, status } = pipeline;
  const { name = '' } = metadata;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const state = ready === undefined ? 'Pending' : ready.status === 'True' ? 'Succeeded' : 'Failed';
  const word = ready === undefined ? 'not checked yet' : ready.status === 'True' ? 'Ready' : 'Not ready';
  const lines = [line([symbolSpan(state), ' ', [name, 'bold'], `  ${word}`], look)];
  if (ready !== undefined && ready.status !== 'True') {
    // One error a line, as the operator wrote them.
    for (const text of ready.message.split('\n')) {
      lines.push(...wrap(oneLine(text), look).map((part) => `  ${part}`));
    }
  }
  if (spec.description !== undefined) {
    lines.push(...wrap(oneLine(spec.description), look).map((part) => `  ${part}`));
  }
  const facts: Span[][] = [[['Namespace', 'gray'], metadata.namespace ?? '']];
  const git = spec.source?.git;
  if (git !== undefined) {
    facts.push([['Source', 'gray'], `${git.url}${git.ref === undefined ? '' : ` at ${git.ref}`}`]);
  }
  if (spec.timeout !== undefined) facts.push([['Timeout', 'gray'], spec.timeout]);
  lines.push('', ...table(facts, look));
  lines.push('', ...paramLines(spec.params ?? [], look));
  lines.push(
    '',
    line([['Stages', 'bold']], look),
    ...shapesOfSpec(spec).flatMap((one) => shapeLines(one, 1, look)),
  );
  if (runs.length > 0) {
    const { head, rows, flexible } = runTable(
      runs.slice(0, MOST_RUNS),
      { namespace: false, wide: false },
      look,
    );
    lines.push(
      '',
      line([['Newest Runs', 'bold']], look),
      ...table([head, ...rows].map(indented), look, flexible),
    );
  }
  return [...lines, '', `Start one: ${startCommand(name, spec.params ?? [])}`];
}

function indented(row: readonly Span[]): Span[] {
  const [first = '', ...rest] = row;
  return [typeof first === 'string' ? `  ${first}` : [`  ${first[0]}`, first[1]], ...rest];
}

function paramLines(params: readonly Param[], look: Look): string[] {
  if (params.length === 0) return [line([['Params', 'bold'], '  none'], look)];
  const rows = params.map(({ name, type = 'string', choices, default: usual, description }): Span[] => [
    `  ${name}`,
    type === 'choice' ? (choices ?? []).join('|') : type,
    usual === undefined ? ['must be given', 'yellow'] : `default ${show(usual)}`,
    [oneLine(description ?? ''), 'gray'],
  ]);
  return [line([['Params', 'bold']], look), ...table(rows, look, 3)];
}

function show(value: Json): string {
  return typeof value === 'string' && value !== '' ? oneLine(value) : JSON.stringify(value);
}

function shapeLines(
  { name, kind, needs, members, allowFailure }: Shape,
  depth: number,
  look: Look,
): string[] {
  const notes = [
    ...(kind === 'stage' ? [] : [kind]),
    ...(needs.length === 0 ? [] : [`after ${needs.join(', ')}`]),
    ...(allowFailure ? ['its failure is allowed'] : []),
  ];
  const note: Span = [notes.length === 0 ? '' : `  ${notes.join(', ')}`, 'gray'];
  const inner = members.flatMap((member) => shapeLines(member, depth + 1, look));
  return [line(['  '.repeat(depth), name, note], look), ...inner];
}

function startCommand(name: string, params: readonly Param[]): string {
  const asked = params.filter((param) => param.default === undefined).map((param) => ` -p ${param.name}=…`);
  return `otto start ${name}${asked.join('')} --follow`;
}
