/**
 * `matches` in linear time, as CEL asks (RE2). JavaScript's own engine backtracks: a pattern of ten characters could
 * keep the operator busy for hours. Thompson's construction, simulated state set by state set.
 */
import { BoundedMap } from './bounded-map.ts';
import { type PatternNode, parsePattern, type Test } from './pattern-parse.ts';

type State =
  | { kind: 'char'; test: Test; weight: number; next: number }
  | { kind: 'split'; next: number[] }
  | { kind: 'start'; next: number }
  | { kind: 'end'; next: number }
  | { kind: 'word'; inverted: boolean; next: number }
  | { kind: 'match' };

const MAX_STATES = 1000;
const MAX_BUILT = 10 * MAX_STATES;
const MAX_SUBJECT = 16_384;

const cache = new BoundedMap<string, State[]>(256);

/** True if the pattern is found anywhere in the text. Throws on a pattern that is wrong or too large. */
export function matchesPattern(text: string, pattern: string): boolean {
  if (text.length > MAX_SUBJECT)
    throw new Error(`matches: the text is longer than ${MAX_SUBJECT} characters.`);
  return run(statesOf(pattern), text);
}

/** At most so much is looked at for each character of a text. Throws as `matchesPattern`. */
export function patternWeight(pattern: string): number {
  return statesOf(pattern).reduce((sum, state) => sum + (state.kind === 'char' ? state.weight : 1), 0);
}

function statesOf(pattern: string): State[] {
  return cache.get(pattern, () => assemble(parsePattern(pattern)));
}

function run(states: readonly State[], text: string): boolean {
  const codes = Array.from(text, (char) => char.codePointAt(0) ?? 0);
  let current = new StateSet(states.length);
  let next = new StateSet(states.length);
  for (let at = 0; at <= codes.length; at++) {
    // A match may start anywhere, so the first state is always among the current ones.
    if (follow(states, states.length - 1, codes, at, current)) return true;
    if (at === codes.length) break;
    next.clear();
    const code = codes[at] ?? 0;
    for (let nth = 0; nth < current.size; nth++) {
      const state = states[current.at(nth)];
      if (state?.kind === 'char' && state.test(code) && follow(states, state.next, codes, at + 1, next))
        return true;
    }
    [current, next] = [next, current];
  }
  return false;
}

/** A set of small numbers that is emptied at no cost: a number is in it if its place in the list says so. */
class StateSet {
  readonly #list: Uint16Array;
  readonly #places: Uint16Array;
  size = 0;

  constructor(most: number) {
    this.#list = new Uint16Array(most);
    this.#places = new Uint16Array(most);
  }

  at(nth: number): number {
    return this.#list[nth] ?? 0;
  }

  /** False if it was there. */
  add(index: number): boolean {
    const place = this.#places[index] ?? 0;
    if (place < this.size && this.#list[place] === index) return false;
    this.#places[index] = this.size;
    this.#list[this.size++] = index;
    return true;
  }

  clear(): void {
    this.size = 0;
  }
}

/** Adds all states reachable without taking a character; true when the match is among them. */
function follow(
  states: readonly State[],
  from: number,
  codes: readonly number[],
  at: number,
  into: StateSet,
): boolean {
  const todo = [from];
  for (;;) {
    const index = todo.pop();
    if (index === undefined) return false;
    const state = states[index];
    if (state === undefined || !into.add(index)) continue;
    switch (state.kind) {
      case 'match':
        return true;
      case 'split':
        todo.push(...state.next);
        break;
      case 'start':
        if (at === 0) todo.push(state.next);
        break;
      case 'end':
        if (at === codes.length) todo.push(state.next);
        break;
      case 'word':
        if ((isWord(codes[at - 1]) !== isWord(codes[at])) !== state.inverted) todo.push(state.next);
        break;
      case 'char':
        break;
    }
  }
}

function isWord(code: number | undefined): boolean {
  return code !== undefined && /\w/.test(String.fromCodePoint(code));
}

/** States from the end to the start: each node is given the state that follows it. The last one is the start. */
function assemble(root: PatternNode): State[] {
  const states: State[] = [{ kind: 'match' }];
  const push = (state: State): number => {
    if (states.length >= MAX_STATES) throw new Error('matches: the pattern is too large.');
    return states.push(state) - 1;
  };
  // What is empty makes no states, however often it is repeated.
  let built = 0;
  const build = (node: PatternNode, next: number): number => {
    if (++built > MAX_BUILT) throw new Error('matches: the pattern is too large.');
    switch (node.kind) {
      case 'char':
        return push({ kind: 'char', test: node.test, weight: node.weight, next });
      case 'start':
      case 'end':
        return push({ kind: node.kind, next });
      case 'word':
        return push({ kind: 'word', inverted: node.inverted, next });
      case 'sequence':
        return node.items.reduceRight((after, item) => build(item, after), next);
      case 'either':
        return push({ kind: 'split', next: node.items.map((item) => build(item, next)) });
      case 'repeat':
        return buildRepeat(node, next);
    }
  };
  const buildRepeat = (node: PatternNode & { kind: 'repeat' }, next: number): number => {
    let after = next;
    if (node.max === Number.POSITIVE_INFINITY) {
      const loop: State = { kind: 'split', next: [next] };
      after = push(loop);
      loop.next.push(build(node.item, after));
    } else {
      for (let i = node.min; i < node.max; i++)
        after = push({ kind: 'split', next: [next, build(node.item, after)] });
    }
    for (let i = 0; i < node.min; i++) after = build(node.item, after);
    return after;
  };
  // A state of its own at the end of the list, so that the start is always the last one.
  push({ kind: 'split', next: [build(root, 0)] });
  return states;
}
