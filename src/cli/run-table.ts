/** Runs and Pipelines as rows. Pure. */
import type { Pipeline } from '../api/pipeline.ts';
import type { Run } from '../api/run.ts';
import { type Look, type Span, stateSpan } from './look.ts';
import { stateOfRun } from './run-state.ts';
import { oneLine } from './text.ts';
import { age, between } from './time.ts';

export interface Columns {
  /** With all namespaces: whose each is. */
  namespace: boolean;
  wide: boolean;
}

export interface Table {
  head: string[];
  rows: Span[][];
  /** Index of the column that gives way in a narrow terminal. */
  flexible: number;
}

export function runTable(runs: readonly Run[], columns: Columns, look: Look): Table {
  const head = ['NAME', 'PIPELINE', 'RESULT', 'PROGRESS', 'CURRENT', 'DURATION', 'AGE'];
  const wide = ['REVISION', 'MESSAGE'];
  const rows = runs.map((run): Span[] => {
    const { metadata, spec, status } = run;
    const row: Span[] = [
      metadata.name ?? '',
      spec.pipelineRef?.name ?? '<inline>',
      stateSpan(stateOfRun(run)),
      status?.progress ?? '',
      status?.current ?? '',
      between(status?.startTime, status?.completionTime, look.now),
      age(metadata.creationTimestamp, look.now),
    ];
    if (columns.wide) row.push(status?.revision?.slice(0, 12) ?? '', oneLine(status?.message ?? ''));
    return row;
  });
  return finish(head, wide, rows, runs, columns, columns.wide ? 8 : 4);
}

export function pipelineTable(pipelines: readonly Pipeline[], columns: Columns, look: Look): Table {
  const head = ['NAME', 'READY', 'STAGES', 'DESCRIPTION', 'AGE'];
  const rows = pipelines.map(({ metadata, spec, status }): Span[] => {
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    const row: Span[] = [
      metadata.name ?? '',
      readySpan(ready?.status),
      status?.stages === undefined ? '' : String(status.stages),
      oneLine(spec.description ?? ''),
      age(metadata.creationTimestamp, look.now),
    ];
    if (columns.wide) row.push(oneLine(ready?.status === 'True' ? '' : (ready?.message ?? '')));
    return row;
  });
  return finish(head, ['MESSAGE'], rows, pipelines, columns, columns.wide ? 5 : 3);
}

function readySpan(status: string | undefined): Span {
  if (status === undefined) return ['Unknown', 'gray'];
  return [status, status === 'True' ? 'green' : status === 'False' ? 'red' : 'gray'];
}

function finish(
  head: string[],
  wide: string[],
  rows: Span[][],
  objects: readonly (Run | Pipeline)[],
  columns: Columns,
  flexible: number,
): Table {
  const all = columns.wide ? [...head, ...wide] : head;
  if (!columns.namespace) return { head: all, rows, flexible };
  return {
    head: ['NAMESPACE', ...all],
    rows: rows.map((row, i) => [objects[i]?.metadata.namespace ?? '', ...row]),
    flexible: flexible + 1,
  };
}
