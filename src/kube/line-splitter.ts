/** Bytes in, whole lines out: split before they are decoded, so that no text is copied twice or torn in a character. */
const NEWLINE = 0x0a;

export class LineSplitter {
  #pending: Buffer[] = [];
  #size = 0;
  readonly #maxLine: number;

  constructor(maxLine: number) {
    this.#maxLine = maxLine;
  }

  /** @throws RangeError on a line longer than the limit. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      lines.push(
        this.#size === 0 ? chunk.toString('utf8', from, end) : this.#join(chunk.subarray(from, end)),
      );
      from = end + 1;
    }
    if (from < chunk.length) {
      this.#pending.push(from === 0 ? chunk : chunk.subarray(from));
      this.#size += chunk.length - from;
      if (this.#size > this.#maxLine) throw new RangeError(`a line of more than ${this.#maxLine} bytes`);
    }
    return lines;
  }

  /** What came after the last newline. */
  rest(): string {
    return this.#join(Buffer.alloc(0));
  }

  #join(end: Buffer): string {
    const line = Buffer.concat([...this.#pending, end]).toString('utf8');
    this.#pending = [];
    this.#size = 0;
    return line;
  }
}
