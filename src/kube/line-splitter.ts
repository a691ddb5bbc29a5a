/** Bytes in, whole lines of bytes out: nothing is decoded before it is whole, and nothing is copied that lies in one chunk. */
import { isAscii } from 'node:buffer';

const NEWLINE = 0x0a;

export interface LineLimit {
  bytes: number;
  /** What to do with a longer line. */
  over: 'throw' | 'cut';
}

export class LineSplitter {
  #pending: Buffer[] = [];
  #size = 0;
  readonly #limit: LineLimit;

  constructor(limit: LineLimit) {
    this.#limit = limit;
  }

  /** @throws RangeError on a line longer than the limit, where that is to throw. */
  push(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      if (this.#size === 0 && end - from <= this.#limit.bytes) lines.push(chunk.subarray(from, end));
      else {
        this.#keep(chunk.subarray(from, end));
        lines.push(this.rest());
      }
      from = end + 1;
    }
    if (from < chunk.length) this.#keep(from === 0 ? chunk : chunk.subarray(from));
    return lines;
  }

  /** Takes what came after the last newline. */
  rest(): Buffer {
    const line = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#size = 0;
    return line;
  }

  #keep(part: Buffer): void {
    const { bytes, over } = this.#limit;
    if (this.#size + part.length > bytes && over === 'throw') {
      throw new RangeError(`a line of more than ${bytes} bytes`);
    }
    const room = bytes - this.#size;
    if (room <= 0 && this.#size > 0) return;
    const kept = part.length > room ? part.subarray(0, room) : part;
    this.#pending.push(kept);
    this.#size += kept.length;
  }
}

/** As UTF-8; most lines are ASCII, which decodes several times faster as what it also is. */
export function decode(line: Buffer): string {
  return line.toString(isAscii(line) ? 'latin1' : 'utf8');
}
