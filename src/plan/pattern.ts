/**
 * `matches` in linear time, as CEL asks (RE2). JavaScript's own engine backtracks: a pattern of ten characters could
 * keep the operator busy for hours. Thompson's construction, simulated state set by state set.
 */
import { BoundedMap } from './bounded-map.ts';
import { type PatternNode, parsePattern } from './pattern-parse.ts';

type State =
  | { kind: 'char'; test: (code: number) => boolean; next: number }
  | { kind: 'split'; next: number[] }
  | { kind: 'start'; next: number }
  | { kind: 'end'; next: number }
  | { kind: 'word'; inverted: boolean; next: number }
  | { kind: 'match' };

const MAX_STATES = 1000;
const MAX_SUBJECT = 16_384;

const cache = new BoundedMap<string, State[]>(256);

/** True if the pattern is found anywhere in the text. Throws on a pattern that is wrong or too large. */
export function matchesPattern(text: string, pattern: string): boolean {
  if (text.length > MAX_SUBJECT)
    throw new Error(`matches: the text is longer than ${MAX_SUBJECT} characters.`);
  const states = cache.get(pattern, () => assemble(parsePattern(pattern)));
  return run(states, text);
}

function run(states: readonly State[], text: string): boolean {
  const codes = Array.from(text, (char) => char.codePointAt(0) ?? 0);
  let current = new Set<number>();
  for (let at = 0; at <= codes.length; at++) {
    // A match may start anywhere, so the first state is always among the current ones.
    if (follow(states, states.length - 1, codes, at, current)) return true;
    if (at === codes.length) break;
    const next = new Set<number>();
    const code = codes[at] ?? 0;
    for (const index of current) {
      const state = states[index];
      if (state?.kind === 'char' && state.test(code) && follow(states, state.next, codes, at + 1, next))
        return true;
    }
    current = next;
  }
  return false;
}

/** Adds all states reachable without taking a character; true when the match is among them. */
function follow(
  states: readonly State[],
  from: number,
  codes: readonly number[],
  at: number,
  into: Set<number>,
): boolean {
  const todo = [from];
  for (;;) {
    const index = todo.pop();
    if (index === undefined) return false;
    const state = states[index];
    if (state === undefined || into.has(index)) continue;
    into.add(index);
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
  const build = (node: PatternNode, next: number): number => {
    switch (node.kind) {
      case 'char':
        return push({ kind: 'char', test: node.test, next });
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
