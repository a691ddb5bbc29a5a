/** Text in the cells of a terminal: how wide it is, where to cut it, what must not reach it. */
import { stripVTControlCharacters } from 'node:util';

const WIDE =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}/u;
const NO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;
const ASCII = /^[\x20-\x7e]*$/;

/** Cells that the text takes; an approximation of the terminal's own, good enough for a line never to wrap. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

/** At most `width` cells, with … in place of what is cut. */
export function cut(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 0) return '';
  let kept = '';
  let used = 1;
  for (const character of text) {
    used += widthOf(character);
    if (used > width) break;
    kept += character;
  }
  return `${kept}…`;
}

function widthOf(character: string): number {
  if (NO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** What others wrote (messages, log lines) as one line that cannot move the cursor. */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\p{Cc}/gu, '')
    .trim();
}

/** A log line for a terminal: its colours stay, and nothing else that a terminal would obey. */
export function onlyColours(text: string): string {
  if (!/\p{Cc}/u.test(text)) return text;
  let out = '';
  let from = 0;
  // Colour codes are found by their shape; all between them is stripped.
  for (const { index, 0: code } of text.matchAll(COLOUR)) {
    out += stripped(text.slice(from, index)) + code;
    from = index + code.length;
  }
  const rest = out + stripped(text.slice(from));
  return from === 0 ? rest : `${rest}${RESET}`;
}

const ESC = '\u001B';
const RESET = `${ESC}[0m`;
const COLOUR = new RegExp(`${ESC}\\[[0-9;:]*m`, 'g');

function stripped(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/(?!\t)\p{Cc}/gu, '');
}
