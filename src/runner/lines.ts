/** Cuts a stream of bytes into lines of text. */
export const LONGEST_LINE_BYTES: number = 32 * 1024;
export const LINE_GOES_ON = ' [this line goes on]';
const NEWLINE = 10;
const CR = 13;
const FEWEST_BYTES = 512;

export class LineSplitter {
  readonly #decode: (bytes: Buffer) => string;
  readonly #isUtf8: boolean;
  #parts: Buffer[] = [];
  #length = 0;

  /** @param encoding a WHATWG label; bytes that are none become U+FFFD. @throws RangeError for an unknown one */
  constructor(encoding?: string) {
    this.#isUtf8 = encoding === undefined || /^utf-?8$/i.test(encoding);
    if (this.#isUtf8) {
      this.#decode = (bytes) => bytes.toString('utf8');
    } else {
      const decoder = new TextDecoder(encoding);
      this.#decode = (bytes) => decoder.decode(bytes);
    }
  }

  /** The lines that are complete now, without their ends. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let from = 0;
    if (this.#isUtf8) from = this.#pushShort(chunk, lines);
    for (let at = chunk.indexOf(NEWLINE, from); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      this.#add(chunk.subarray(from, at), lines);
      lines.push(this.#take());
      from = at + 1;
    }
    if (from < chunk.length) this.#add(chunk.subarray(from), lines);
    return lines;
  }

  /** Many short lines at once: decoding one by one is what costs. @returns how far it came. */
  #pushShort(chunk: Buffer, lines: string[]): number {
    const first = this.#length === 0 ? 0 : chunk.indexOf(NEWLINE) + 1;
    const last = chunk.lastIndexOf(NEWLINE) + 1;
    if (last - first < FEWEST_BYTES || (first === 0 && this.#length > 0)) return 0;
    const whole = this.#decode(chunk.subarray(first, last)).split('\n');
    whole.pop();
    // A character takes at most three bytes for each UTF-16 unit.
    if (whole.some((line) => line.length * 3 > LONGEST_LINE_BYTES)) return 0;
    if (first > 0) {
      this.#add(chunk.subarray(0, first - 1), lines);
      lines.push(this.#take());
    }
    for (const line of whole) lines.push(line.endsWith('\r') ? line.slice(0, -1) : line);
    return last;
  }

  flush(): string[] {
    return this.#length === 0 ? [] : [this.#take()];
  }

  #add(bytes: Buffer, lines: string[]): void {
    let rest = bytes;
    while (this.#length + rest.length > LONGEST_LINE_BYTES) {
      const cut = wholeCharacters(rest, LONGEST_LINE_BYTES - this.#length);
      this.#keep(rest.subarray(0, cut));
      lines.push(this.#take() + LINE_GOES_ON);
      rest = rest.subarray(cut);
    }
    this.#keep(rest);
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    // A copy: the chunk's memory is used again by the reader.
    this.#parts.push(Buffer.from(bytes));
    this.#length += bytes.length;
    if (this.#parts.length > 64) this.#parts = [Buffer.concat(this.#parts)];
  }

  #take(): string {
    const line = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#length = 0;
    if (line === undefined) return '';
    return this.#decode(line.at(-1) === CR ? line.subarray(0, -1) : line);
  }
}

/** A cut at or shortly before `at` that splits no UTF-8 character. */
function wholeCharacters(bytes: Buffer, at: number): number {
  for (let back = 0; back < 4 && at - back > 0; back++) {
    if (((bytes[at - back] ?? 0) & 0xc0) !== 0x80) return at - back;
  }
  return at;
}
