/** The terminal, or what stands in its place, as verbs see it. */
import type { Look } from './look.ts';

export interface Io {
  /** A line, or lines joined by newlines, to standard output. */
  readonly print: (text: string) => void;
  /** To standard error: what is not the result. */
  readonly note: (text: string) => void;
  /** Standard output as it is, for what draws. */
  draw(text: string): void;
  /** Resolves when the reader of standard output has caught up. */
  ready(): Promise<void>;
  /** Standard output is a terminal that can be drawn on. */
  readonly isTerminal: boolean;
  look(): Look;
  /** Lines of the terminal. */
  rows(): number;
  onResize(listener: () => void): () => void;
  /** Aborts at the first Ctrl-C in place of the process's end; a second one ends it. */
  interrupted(): { signal: AbortSignal; release: () => void };
  readInput(): Promise<string>;
}

export interface ColourChoice {
  /** --color or --no-color. */
  flag: boolean | undefined;
  env: NodeJS.ProcessEnv;
  isTerminal: boolean;
}

/** The flag, then NO_COLOR and FORCE_COLOR (no-color.org), then whether somebody looks. */
export function wantsColour({ flag, env, isTerminal }: ColourChoice): boolean {
  if (flag !== undefined) return flag;
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const force = env['FORCE_COLOR'] ?? '';
  if (force !== '') return force !== '0' && force !== 'false';
  return isTerminal && env['TERM'] !== 'dumb';
}
