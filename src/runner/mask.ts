/**
 * Takes secrets out of a stream of bytes: the literal value, its lines, its base64 in all three alignments and its
 * URL-encoded and JSON forms, also where two chunks share one.
 */
const SHORTEST_VALUE = 4;
const SHORTEST_LINE = 8;
const REPLACEMENT: Buffer = Buffer.from('***');

/** All byte strings that give a value away. Values that are too short to be one are left out. */
export function maskPatterns(values: Iterable<string>): Buffer[] {
  const texts = new Set<string>();
  for (const value of values) {
    const trimmed = value.trim();
    if (trimmed.length < SHORTEST_VALUE) continue;
    for (const whole of new Set([value, trimmed])) addForms(texts, whole);
    const lines = trimmed.split('\n').map((line) => line.trim());
    if (lines.length === 1) continue;
    // `-----BEGIN … KEY-----` is no secret, and would hide half of any log about keys.
    for (const line of lines)
      if (line.length >= SHORTEST_LINE && !line.startsWith('-----')) addForms(texts, line);
  }
  return [...texts].filter((text) => text.length >= SHORTEST_VALUE).map((text) => Buffer.from(text, 'utf8'));
}

function addForms(texts: Set<string>, value: string): void {
  texts.add(value);
  texts.add(value.replaceAll('\n', '\r\n'));
  const json = JSON.stringify(value).slice(1, -1);
  texts.add(json);
  const url = encodeURIComponent(value.toWellFormed());
  texts.add(url);
  texts.add(url.replaceAll(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()));
  texts.add(url.replaceAll('%20', '+'));
  const bytes = Buffer.from(value, 'utf8');
  if (bytes.length < SHORTEST_VALUE) return;
  for (const padding of [0, 1, 2]) {
    const all = Buffer.concat([Buffer.alloc(padding), bytes])
      .toString('base64')
      .replaceAll('=', '');
    // Only the characters that the value alone decides.
    const from = Math.ceil((padding * 8) / 6);
    const to = Math.floor(((padding + bytes.length) * 8) / 6);
    const form = all.slice(from, to);
    texts.add(form);
    texts.add(form.replaceAll('+', '-').replaceAll('/', '_'));
    // Tools wrap it: base64 at 76, openssl at 64.
    for (const width of padding === 0 ? [76, 64] : []) {
      for (let at = 0; form.length > width && at < form.length; at += width) {
        const line = form.slice(at, at + width);
        if (line.length >= SHORTEST_LINE) texts.add(line);
      }
    }
  }
}

export class Masker {
  readonly #patterns: readonly Buffer[];
  #held: Buffer = Buffer.alloc(0);
  /** So many of the held bytes belong to a secret whose mask is printed already. */
  #covered = 0;

  constructor(patterns: readonly Buffer[]) {
    this.#patterns = patterns;
  }

  /** What can be shown now; the end that may be the beginning of a secret is kept for the next call. */
  push(chunk: Buffer): Buffer {
    if (this.#patterns.length === 0) return chunk;
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    return this.#show(bytes, bytes.length - this.#openEnd(bytes));
  }

  /** What is left, at the end of the stream. */
  flush(): Buffer {
    return this.#show(this.#held, this.#held.length);
  }

  #show(bytes: Buffer, until: number): Buffer {
    const parts: Buffer[] = [];
    // What is before it is dealt with: shown, or hidden by a mask.
    let done = this.#covered;
    for (const [from, to] of this.#find(bytes)) {
      if (from >= until) break;
      if (to <= done) continue;
      if (from >= done) parts.push(bytes.subarray(done, from), REPLACEMENT);
      done = to;
    }
    parts.push(bytes.subarray(Math.min(done, until), until));
    this.#covered = Math.max(0, done - until);
    this.#held = Buffer.from(bytes.subarray(until));
    return parts.length === 1 ? (parts[0] ?? REPLACEMENT) : Buffer.concat(parts);
  }

  /** All places of all patterns, by start. */
  #find(bytes: Buffer): [number, number][] {
    const found: [number, number][] = [];
    for (const pattern of this.#patterns) {
      for (let at = bytes.indexOf(pattern); at !== -1; at = bytes.indexOf(pattern, at + 1)) {
        found.push([at, at + pattern.length]);
      }
    }
    return found.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  }

  /** Length of the longest end of `bytes` with which a pattern begins, the whole pattern excepted. */
  #openEnd(bytes: Buffer): number {
    let longest = 0;
    for (const pattern of this.#patterns) {
      const first = pattern[0];
      for (let length = Math.min(pattern.length - 1, bytes.length); length > longest; length--) {
        const at = bytes.length - length;
        if (bytes[at] === first && bytes.compare(pattern, 0, length, at) === 0) longest = length;
      }
    }
    return longest;
  }
}

/** For texts that are there as a whole: messages, outputs. */
export function maskText(text: string, patterns: readonly Buffer[]): string {
  if (patterns.length === 0) return text;
  const masker = new Masker(patterns);
  return masker.push(Buffer.from(text, 'utf8')).toString('utf8') + masker.flush().toString('utf8');
}
