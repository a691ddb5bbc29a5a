/** How lines become text: colour only where it is wanted, width only where there is one. Pure. */
import { styleText } from 'node:util';
import { cut, displayWidth } from './text.ts';

export interface Look {
  colour: boolean;
  /** Of the terminal; absent where the output is none, and then nothing is cut. */
  width?: number | undefined;
  /** Milliseconds since the epoch, for ages and what still runs. */
  now: number;
}

export type Style = Parameters<typeof styleText>[0];

/** A piece of a line. Styles stand beside the text, so that widths are those of the text alone. */
export type Span = string | readonly [text: string, style: Style];

export function paint(text: string, style: Style, look: Look): string {
  return look.colour && text !== '' ? styleText(style, text, { validateStream: false }) : text;
}

export function line(spans: readonly Span[], look: Look): string {
  let room = look.width ?? Number.POSITIVE_INFINITY;
  let out = '';
  let pending = '';
  for (const span of spans) {
    const [text, style] = typeof span === 'string' ? [span, undefined] : span;
    // Blanks at a line's end are padding; they are written once something follows.
    const body = cut(text, room);
    room -= displayWidth(body);
    const kept = body.trimEnd();
    if (kept === '') pending += body;
    else {
      out += pending + (style === undefined ? kept : paint(kept, style, look));
      pending = body.slice(kept.length);
    }
    if (body !== text) break;
  }
  return out;
}

const GAP = '  ';
const NARROWEST = 8;

/**
 * Left-aligned columns, two spaces apart.
 * @param flexible the column that gives way where the lines would be wider than the terminal.
 */
export function table(rows: readonly (readonly Span[])[], look: Look, flexible?: number): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, displayWidth(textOf(cell)));
    });
  }
  if (flexible !== undefined && look.width !== undefined) {
    const over =
      widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1) - look.width;
    const own = widths[flexible];
    if (over > 0 && own !== undefined) widths[flexible] = Math.max(Math.min(own, NARROWEST), own - over);
  }
  return rows.map((row) =>
    line(
      row.flatMap((cell, i): Span[] => {
        const width = widths[i] ?? 0;
        const text = cut(textOf(cell), width);
        const gap = i === row.length - 1 ? '' : ' '.repeat(width - displayWidth(text)) + GAP;
        return [typeof cell === 'string' ? text : [text, cell[1]], gap];
      }),
      look,
    ),
  );
}

function textOf(span: Span): string {
  return typeof span === 'string' ? span : span[0];
}

interface Appearance {
  style: Style;
  symbol: string;
}

const UNKNOWN: Appearance = { style: 'white', symbol: '·' };
const APPEARANCES: { readonly [state: string]: Appearance } = {
  Succeeded: { style: 'green', symbol: '✓' },
  Running: { style: 'cyan', symbol: '●' },
  Starting: { style: 'cyan', symbol: '◌' },
  Unstable: { style: 'yellow', symbol: '!' },
  Retrying: { style: 'yellow', symbol: '↻' },
  Stopping: { style: 'yellow', symbol: '■' },
  Failed: { style: 'red', symbol: '✗' },
  Lost: { style: 'red', symbol: '✗' },
  TimedOut: { style: 'red', symbol: '✗' },
  Aborted: { style: 'red', symbol: '✗' },
  Cancelled: { style: 'magenta', symbol: '⊘' },
  Skipped: { style: 'gray', symbol: '-' },
  Waiting: { style: 'gray', symbol: '○' },
  Paused: { style: 'yellow', symbol: '‖' },
  Pending: { style: 'gray', symbol: '○' },
};

/** @param width filled up with blanks. */
export function stateSpan(state: string, width: number = 0): Span {
  return [state.padEnd(width), (APPEARANCES[state] ?? UNKNOWN).style];
}

export function symbolSpan(state: string): [text: string, style: Style] {
  const { symbol, style } = APPEARANCES[state] ?? UNKNOWN;
  return [symbol, style];
}
