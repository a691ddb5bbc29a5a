/** A Run as a tree that fits the terminal. Pure: drawn anew with each change. */
import type { Run, StageStatus } from '../api/run.ts';
import { type Look, line, type Span, stateSpan, symbolSpan } from './look.ts';
import { type OutlineNode, outlineOf, type Shape, waitsFor } from './outline.ts';
import { runLines } from './stage-line.ts';
import { oneLine } from './text.ts';
import { between } from './time.ts';

export interface LiveState {
  run: Run;
  shapes: readonly Shape[];
  /** The newest line of each stage's log. */
  lastLines: ReadonlyMap<string, string>;
  /** About the way to the cluster. */
  trouble?: string | undefined;
}

interface Row {
  node: OutlineNode;
  depth: number;
}

/** @param height lines that may be used, three at least. */
export function liveTree(state: LiveState, height: number, look: Look): string[] {
  const { run, shapes, trouble } = state;
  const outline = outlineOf(shapes, run.status);
  const head = runLines(run, look).map((text, i) => (i === 0 ? text : line([text], look)));
  const foot = trouble === undefined ? [] : [line([[`! ${oneLine(trouble)}`, 'yellow']], look)];
  const rows = flatten(outline, 0);
  const room = Math.max(1, height - head.length - foot.length);
  const shown = rows.length <= room ? rows : mostTelling(rows, room - 1);
  const names = Math.max(0, ...shown.map(({ node, depth }) => depth * 2 + node.name.length));
  const width = Math.min(names, Math.floor((look.width ?? 80) / 2));
  const body = shown.map((row) => treeLine(row, width, state, outline, look));
  const hidden = rows.length - shown.length;
  if (hidden > 0) body.push(line([[`  … ${hidden} more stages`, 'gray']], look));
  return [...head, ...body, ...foot];
}

function flatten(nodes: readonly OutlineNode[], depth: number): Row[] {
  return nodes.flatMap((node) => [{ node, depth }, ...flatten(node.members, depth + 1)]);
}

const ACTIVE = new Set(['Running', 'Starting', 'Stopping', 'Retrying']);
const BAD = new Set(['Failed', 'Lost', 'TimedOut', 'Aborted', 'Unstable', 'Cancelled']);

/** Where not all fits: what runs, then what went wrong, then what comes next, then what is over; in their order. */
function mostTelling(rows: readonly Row[], room: number): Row[] {
  const weight = ({ node: { state } }: Row): number => {
    if (ACTIVE.has(state)) return 0;
    if (BAD.has(state)) return 1;
    return state === 'Waiting' ? 2 : 3;
  };
  const chosen = new Set(rows.toSorted((a, b) => weight(a) - weight(b)).slice(0, room));
  return rows.filter((row) => chosen.has(row));
}

function treeLine(
  { node, depth }: Row,
  width: number,
  state: LiveState,
  outline: readonly OutlineNode[],
  look: Look,
): string {
  const name = `${'  '.repeat(depth)}${node.name}`;
  const spans: Span[] = ['  ', symbolSpan(node.state), ' ', name.padEnd(width), '  '];
  if (node.kind === 'group') return line([...spans, stateSpan(node.state)], look);
  const { status } = node;
  if (node.state === 'Waiting') {
    const needs = waitsFor(node, outline);
    const after = needs.length === 0 ? '' : ` for ${needs.join(', ')}`;
    return line([...spans, [`Waiting${after}`, 'gray']], look);
  }
  spans.push(stateSpan(node.state, STATE_WIDTH));
  if (status !== undefined) spans.push(...details(status, state, look));
  return line(spans, look);
}

/** `Succeeded`, the longest state that is common. */
const STATE_WIDTH = 9;

function details(status: StageStatus, { lastLines }: LiveState, look: Look): Span[] {
  const took = between(status.startTime, status.finishTime, look.now);
  const spans: Span[] = [`  ${took.padEnd(6)}`];
  if ((status.attempt ?? 1) > 1) spans.push(`  attempt ${status.attempt}`);
  const ended = status.state === 'Finished';
  // While it runs its own words tell most; a message then says that it is in trouble.
  const words = status.message ?? (ended ? undefined : lastLines.get(status.name));
  if (words !== undefined && status.result !== 'Succeeded') spans.push('  ', [oneLine(words), 'gray']);
  return spans;
}
