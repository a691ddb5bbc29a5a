/** Lines of a stage's log, as the runner wrote them, as a person reads them. Pure. */
import { parseLogLine } from '../runner/log-format.ts';
import { type Look, paint, type Style, symbolSpan } from './look.ts';
import { onlyColours } from './text.ts';

export interface LogStyle {
  /** Before each line, where several stages are shown. */
  prefix?: string;
  timestamps?: boolean;
  /** Only this step's own output, from 1. */
  step?: number | undefined;
  /** Standard output is a terminal, which must not obey what it is shown. */
  isTerminal: boolean;
}

/** Takes the lines of one log in order; undefined for one that is not to be shown. */
export function createLogRenderer(style: LogStyle, look: Look): (line: string) => string | undefined {
  // A step with a block holds the steps in it.
  let open: number[] = [];
  const prefix = style.prefix === undefined ? '' : `${paint(...prefixSpan(style.prefix), look)} `;
  const render = (time: string | undefined, text: string): string => {
    const stamp = style.timestamps === true && time !== undefined ? `${paint(time, 'gray', look)} ` : '';
    return prefix + stamp + text;
  };
  return (raw) => {
    const line = parseLogLine(raw);
    switch (line.kind) {
      case 'start':
        open.push(line.step);
        if (style.step !== undefined) return undefined;
        return render(line.time, paint(`▸ ${line.step} ${line.name}`, 'bold', look));
      case 'end': {
        open = open.filter((step) => step !== line.step);
        if (style.step !== undefined) return undefined;
        const [symbol, colour] = symbolSpan(line.result);
        const ok = line.result === 'Succeeded';
        const text = `${symbol} ${line.step} ${line.result} in ${line.duration}`;
        return render(line.time, paint(text, ok ? 'gray' : colour, look));
      }
      case 'text':
      case 'raw': {
        if (style.step !== undefined && !open.includes(style.step)) return undefined;
        const text = style.isTerminal ? onlyColours(line.text) : line.text;
        return render(line.kind === 'text' ? line.time : undefined, text);
      }
    }
  };
}

/** The text of a line for a place with room for one, such as a live view; markers tell nothing there. */
export function lastWords(raw: string): string | undefined {
  const line = parseLogLine(raw);
  return line.kind === 'text' || line.kind === 'raw' ? line.text : undefined;
}

const PREFIX_STYLES: readonly Style[] = ['cyan', 'magenta', 'blue', 'yellow', 'green'];

/** The same stage has the same colour in every invocation. */
function prefixSpan(prefix: string): [string, Style] {
  let sum = 0;
  for (const character of prefix) sum += character.codePointAt(0) ?? 0;
  return [prefix, PREFIX_STYLES[sum % PREFIX_STYLES.length] ?? 'cyan'];
}
