/**
 * How far a log was read, so that it can be taken up again without losing or doubling a line. The API resumes at whole
 * seconds, and two writers of one container may stamp their lines slightly out of order; the file's order never
 * changes. So the lines of the last two seconds are counted, asked for again, and as many are passed over.
 */
const STAMPED = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d) /;

interface Time {
  /** Since the epoch. */
  second: number;
  nanos: number;
}

export class LogPosition {
  /** Only the log's end was asked for first: what lies before its first line is never shown. */
  readonly #isTail: boolean;
  #first: Time | undefined;
  #last: Time | undefined;
  /** Lines seen of the second of #last, and of the one before it. */
  #ofLast = 0;
  #ofBefore = 0;
  #toSkip = 0;
  #skipUntil: Time | undefined;

  constructor(isTail: boolean) {
    this.#isTail = isTail;
  }

  /** Whole seconds since the epoch from which to ask again; absent before the first line. */
  get since(): number | undefined {
    return this.#last === undefined ? undefined : this.#last.second - 1;
  }

  /** A new answer begins, asked for from `since` on. */
  resume(): void {
    this.#toSkip = this.#ofBefore + this.#ofLast;
    this.#skipUntil = this.#last;
  }

  /** @returns the line without its timestamp; undefined when it was seen before. */
  take(line: string): string | undefined {
    const match = STAMPED.exec(line);
    // The kubelet's own complaint in place of a log.
    if (match === null) return line;
    const [prefix, upToSecond = '', fraction = '', zone = ''] = match;
    const time = { second: Date.parse(upToSecond + zone) / 1000, nanos: Number(fraction.padEnd(9, '0')) };
    if (this.#isTail && this.#first !== undefined && isBefore(time, this.#first)) return undefined;
    if (this.#toSkip > 0 && this.#skipUntil !== undefined && !isBefore(this.#skipUntil, time)) {
      this.#toSkip--;
      return undefined;
    }
    this.#first ??= time;
    this.#count(time);
    return line.slice(prefix.length);
  }

  #count(time: Time): void {
    const last = this.#last;
    if (last === undefined || time.second > last.second) {
      this.#ofBefore = last !== undefined && time.second === last.second + 1 ? this.#ofLast : 0;
      this.#ofLast = 0;
    }
    if (last === undefined || isBefore(last, time)) this.#last = time;
    const newest = this.#last?.second ?? time.second;
    if (time.second === newest) this.#ofLast++;
    else if (time.second === newest - 1) this.#ofBefore++;
  }
}

function isBefore(a: Time, b: Time): boolean {
  return a.second < b.second || (a.second === b.second && a.nanos < b.nanos);
}
