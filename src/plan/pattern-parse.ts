/** The syntax of `matches`: what RE2 and JavaScript share, without backreferences and lookaround. */
export type Test = (code: number) => boolean;

export type PatternNode =
  /** `weight`: how much its test looks at. */
  | { kind: 'char'; test: Test; weight: number }
  | { kind: 'start' }
  | { kind: 'end' }
  | { kind: 'word'; inverted: boolean }
  | { kind: 'sequence'; items: PatternNode[] }
  | { kind: 'either'; items: PatternNode[] }
  | { kind: 'repeat'; item: PatternNode; min: number; max: number };

const MAX_PATTERN = 500;
const MAX_COUNT = 200;
const MAX_NESTING = 50;
const CONTROLS: { readonly [letter: string]: number } = { n: 10, r: 13, t: 9, f: 12, v: 11 };

export function parsePattern(pattern: string): PatternNode {
  if (pattern.length > MAX_PATTERN) throw fault(`is longer than ${MAX_PATTERN} characters`);
  return new PatternParser(pattern).parse();
}

function fault(what: string): Error {
  return new Error(`matches: the pattern ${what}.`);
}

class PatternParser {
  readonly #chars: string[];
  #at = 0;
  #nesting = 0;
  #ignoreCase = false;

  constructor(pattern: string) {
    this.#chars = Array.from(pattern);
    if (pattern.startsWith('(?i)')) {
      this.#ignoreCase = true;
      this.#at = 4;
    }
  }

  parse(): PatternNode {
    const node = this.#either();
    if (this.#at < this.#chars.length) throw fault("has a ')' too many");
    return node;
  }

  #either(): PatternNode {
    if (++this.#nesting > MAX_NESTING) throw fault('nests too deep');
    const items = [this.#sequence()];
    while (this.#take('|')) items.push(this.#sequence());
    this.#nesting -= 1;
    return items.length === 1 && items[0] !== undefined ? items[0] : { kind: 'either', items };
  }

  #sequence(): PatternNode {
    const items: PatternNode[] = [];
    while (this.#at < this.#chars.length && this.#peek() !== '|' && this.#peek() !== ')')
      items.push(this.#repeated());
    return { kind: 'sequence', items };
  }

  #repeated(): PatternNode {
    let item = this.#atom();
    for (;;) {
      const count = this.#count();
      if (count === undefined) return item;
      item = { kind: 'repeat', item, ...count };
      // Lazy or not makes no difference to whether there is a match.
      this.#take('?');
    }
  }

  #count(): { min: number; max: number } | undefined {
    if (this.#take('*')) return { min: 0, max: Number.POSITIVE_INFINITY };
    if (this.#take('+')) return { min: 1, max: Number.POSITIVE_INFINITY };
    if (this.#take('?')) return { min: 0, max: 1 };
    const rest = this.#chars.slice(this.#at, this.#at + 12).join('');
    const match = /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(rest);
    if (match === null) return undefined;
    this.#at += match[0].length;
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === '' ? Number.POSITIVE_INFINITY : Number(match[3]);
    if (min > MAX_COUNT || (max > MAX_COUNT && max !== Number.POSITIVE_INFINITY)) {
      throw fault(`repeats more than ${MAX_COUNT} times`);
    }
    if (max < min) throw fault(`has the count ${match[0]}, whose end is before its start`);
    return { min, max };
  }

  #atom(): PatternNode {
    const char = this.#next();
    if (char === '(') {
      if (this.#take('?') && !this.#take(':'))
        throw fault('has (?…), of which only (?: and a leading (?i) are known');
      const inner = this.#either();
      if (!this.#take(')')) throw fault("has a '(' that is not closed");
      return inner;
    }
    if (char === '[') return this.#set();
    if (char === '.') return this.#char((code) => code !== 10);
    if (char === '^') return { kind: 'start' };
    if (char === '$') return { kind: 'end' };
    if (char === '*' || char === '+' || char === '?') throw fault(`has nothing before '${char}'`);
    if (char === '\\') {
      if (this.#take('b')) return { kind: 'word', inverted: false };
      if (this.#take('B')) return { kind: 'word', inverted: true };
      return this.#char(this.#escape());
    }
    return this.#char(this.#range(codeOf(char), codeOf(char)));
  }

  #char(test: Test, tests = 1): PatternNode {
    return { kind: 'char', test, weight: this.#ignoreCase ? 4 * tests : tests };
  }

  #set(): PatternNode {
    const inverted = this.#take('^');
    const tests: Test[] = [];
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      if (this.#at >= this.#chars.length) throw fault("has a '[' that is not closed");
      const char = this.#next();
      if (char === '\\' && /[dDwWsS]/.test(this.#peek() ?? '')) {
        tests.push(this.#escape());
        continue;
      }
      const low = char === '\\' ? this.#escapedCode() : codeOf(char);
      let high = low;
      if (this.#peek() === '-' && this.#chars[this.#at + 1] !== ']' && this.#at + 1 < this.#chars.length) {
        this.#at += 1;
        const end = this.#next();
        high = end === '\\' ? this.#escapedCode() : codeOf(end);
        if (high < low) throw fault('has a range in [] whose end is before its start');
      }
      tests.push(this.#range(low, high));
    }
    this.#at += 1;
    return this.#char((code) => tests.some((test) => test(code)) !== inverted, tests.length);
  }

  #escape(): Test {
    const letter = this.#peek();
    if (letter !== undefined && /[dDwWsS]/.test(letter)) {
      this.#at += 1;
      const expression = { d: /\d/, w: /\w/, s: /\s/ }[letter.toLowerCase()] ?? /\d/;
      const inverted = letter !== letter.toLowerCase();
      return (code) => expression.test(String.fromCodePoint(code)) !== inverted;
    }
    const code = this.#escapedCode();
    return this.#range(code, code);
  }

  #escapedCode(): number {
    const char = this.#next();
    const control = CONTROLS[char];
    if (control !== undefined) return control;
    if (/[A-Za-z0-9]/.test(char)) throw fault(`has \\${char}, which is not known`);
    return codeOf(char);
  }

  #range(low: number, high: number): Test {
    const within: Test = (code) => code >= low && code <= high;
    if (!this.#ignoreCase) return within;
    return (code) => {
      const char = String.fromCodePoint(code);
      return within(code) || within(codeOf(char.toLowerCase())) || within(codeOf(char.toUpperCase()));
    };
  }

  #peek(): string | undefined {
    return this.#chars[this.#at];
  }

  #next(): string {
    const char = this.#chars[this.#at++];
    if (char === undefined) throw fault('ends too early');
    return char;
  }

  #take(char: string): boolean {
    if (this.#chars[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }
}

function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0;
}
