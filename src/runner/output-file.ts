/**
 * The file `$OTTO_OUTPUT`, to which a script appends `NAME=value` lines and blocks
 *
 *   NAME<<END
 *   any lines
 *   END
 *
 * It lies where user code can write, so it may be anything: a link, a device, a FIFO, endless.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

export const LONGEST_OUTPUT_FILE: number = 1024 * 1024;
const MOST_OUTPUTS = 100;
const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/;

export interface Outputs {
  values: Record<string, string>;
  /** What could not be taken, each with its cure. */
  problems: string[];
}

export function readOutputFile(path: string): Outputs {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return { values: {}, problems: ['the file $OTTO_OUTPUT was deleted or replaced: append to it with >>'] };
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) {
      return { values: {}, problems: ['$OTTO_OUTPUT is not a plain file any more: append to it with >>'] };
    }
    if (stat.size === 0) return { values: {}, problems: [] };
    if (stat.size > LONGEST_OUTPUT_FILE) {
      return { values: {}, problems: [`the file $OTTO_OUTPUT is longer than ${LONGEST_OUTPUT_FILE} bytes`] };
    }
    const buffer = Buffer.alloc(stat.size);
    return parseOutputs(buffer.toString('utf8', 0, readSync(fd, buffer)));
  } finally {
    closeSync(fd);
  }
}

export function parseOutputs(text: string): Outputs {
  const values = new Map<string, string>();
  const problems: string[] = [];
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  const set = (name: string, value: string): void => {
    if (!NAME.test(name)) {
      problems.push(
        `output "${name.slice(0, 64)}" is left out: a name has letters, digits, _ and -, at most 63`,
      );
    } else if (name === 'constructor') {
      // CEL's library would not know the outputs for a map any more.
      problems.push('output "constructor" is left out: take another name');
    } else if (!values.has(name) && values.size >= MOST_OUTPUTS) {
      problems.push(`output "${name}" is left out: a step has at most ${MOST_OUTPUTS}`);
    } else values.set(name, value);
  };
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? '';
    if (line.trim() === '') continue;
    const block = /^([^=]*?)<<(\S+)$/.exec(line);
    if (block === null) {
      const at = line.indexOf('=');
      if (at < 0) problems.push(`line ${i + 1} of $OTTO_OUTPUT is neither NAME=value nor NAME<<END`);
      else set(line.slice(0, at), line.slice(at + 1));
      continue;
    }
    const [, name = '', end = ''] = block;
    const close = lines.indexOf(end, i + 1);
    if (close < 0) {
      problems.push(
        `output "${name.slice(0, 64)}" is left out: its block is not closed by a line "${end.slice(0, 64)}"`,
      );
      break;
    }
    set(name, lines.slice(i + 1, close).join('\n'));
    i = close;
  }
  return { values: Object.fromEntries(values), problems: problems.slice(0, 20) };
}
