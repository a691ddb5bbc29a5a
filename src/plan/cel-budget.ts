/**
 * What expressions may cost: they come from whoever may write a Pipeline, and are evaluated by the operator that serves
 * everybody. CEL has no endless loops, but loops within loops go over much, a list or a text can grow with each of them
 * until memory ends, and some of the library's functions take far longer than what they are given is long.
 *
 * All is charged for before it is done, since an error after it may be swallowed (`a || b`, and `exists` goes on for as
 * long as a later item may be true): what a loop goes over, what a call or a comparison reads. Only what a sum or `map`
 * makes is known after.
 */
import type { ASTNode, Environment } from '@marcbachmann/cel-js';
import { childrenOf, type Loop, loopOf } from './references.ts';

const TURNS = '_turns';
const MADE = '_made';
const READ = '_read';
const ZONE = '_zone';
const BRIEF = '_brief';

/** A unit is about 100 ns on a slow machine, so that this is some tenths of a second. */
const MOST_COST = 2_000_000;
/** Of each turn of a loop and each sum, beside its size. */
const TURN = 40;
const CALL = 10;
/** Texts are gone through fast, and within lists mostly not at all. */
const CHARACTERS_READ = 2;
const CHARACTERS_IN_LIST = 16;
/** The library asks for another time zone by way of a text in it. */
const ZONE_COST = 10_000;
/** The library's search for a duration takes the third power of its length. */
const LONGEST_DURATION = 40;
const DURATION_COST = 2000;

const TOO_LONG =
  'The expression takes too long (all of a stage together): it goes over too many items, or makes too much of them.';

/** Expressions are evaluated at once and to their end, so there is one account at a time. */
let left = MOST_COST;
let isOpen = false;
let spent = 0;

/** All that is evaluated within shares one budget. */
export function withBudget<T>(evaluate: () => T): T {
  if (isOpen) return evaluate();
  isOpen = true;
  left = MOST_COST;
  try {
    return evaluate();
  } finally {
    isOpen = false;
    spent += MOST_COST - Math.max(0, left);
  }
}

/** Units since the process started: who evaluates for many stages at once can see when it is enough for now. */
export function spentInTotal(): number {
  return spent;
}

/** Throws when the budget is used up. */
export function pay(cost: number): void {
  left -= cost;
  if (left < 0) throw new Error(TOO_LONG);
}

export function registerBudget(environment: Environment): void {
  const register = (
    name: string,
    parameters: string,
    charge: (value: unknown, more: bigint) => void,
  ): void => {
    environment.registerFunction(`${name}(${parameters}): dyn`, (value: unknown, more: bigint) => {
      charge(value, more);
      return value;
    });
  };
  register(TURNS, 'dyn, int', (value, nodes) => pay(lengthOf(value) * (TURN + Number(nodes))));
  register(MADE, 'dyn', (value) => pay(lengthOf(value) + TURN));
  register(READ, 'dyn', (value) => pay(toRead(value) + CALL));
  register(ZONE, 'dyn', () => pay(ZONE_COST));
  register(BRIEF, 'dyn', (value) => {
    pay(DURATION_COST);
    if (typeof value === 'string' && value.length > LONGEST_DURATION)
      throw new Error(`A duration has at most ${LONGEST_DURATION} characters.`);
  });
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value) || value instanceof Uint8Array) return value.length;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
}

function toRead(value: unknown): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length / CHARACTERS_READ;
  return sizeThrough(value, CHARACTERS_IN_LIST);
}

/** Charges for a value that is kept, such as one that becomes a part of a text. */
export function payToKeep(value: unknown): void {
  pay(typeof value === 'string' ? value.length : sizeThrough(value, 1));
}

/** Lists within lists count through: comparing them goes through all of it, be they one list many times. */
function sizeThrough(value: unknown, charactersAUnit: number): number {
  let size = 1;
  const todo = [value];
  for (const item of todo) {
    if (typeof item !== 'object' || item === null) continue;
    const inner: readonly unknown[] = Array.isArray(item) ? item : Object.values(item);
    size += inner.length;
    if (size > left) return size;
    for (const one of inner) {
      if (typeof one === 'string') size += one.length / charactersAUnit;
      else if (typeof one === 'object') todo.push(one);
    }
  }
  return size;
}

const READS: ReadonlySet<string> = new Set(['+', '==', '!=', '<', '<=', '>', '>=', 'in']);

/** The text with the calls that charge in it; as it is where there is nothing to charge for. */
export function priced(text: string, ast: ASTNode): string {
  const inserts: Insert[] = [];
  const wrap = (name: string, { start, end }: ASTNode, more = ''): void => {
    // Outer ones are seen first: they open first and close last.
    inserts.push({ at: start, text: `${name}(`, closes: false, order: inserts.length });
    inserts.push({ at: end, text: `${more})`, closes: true, order: -inserts.length });
  };
  const todo = [ast];
  for (const node of todo) {
    const loop = loopOf(node);
    if (loop !== undefined) wrapLoop(loop, wrap);
    else wrapRead(node, wrap);
    todo.push(...childrenOf(node));
  }
  // At one place what closes comes before what opens.
  inserts.sort((a, b) => a.at - b.at || Number(b.closes) - Number(a.closes) || a.order - b.order);
  let out = '';
  let from = 0;
  for (const { at, text: insert } of inserts) {
    out += text.slice(from, at) + insert;
    from = at;
  }
  return out + text.slice(from);
}

interface Insert {
  at: number;
  text: string;
  closes: boolean;
  order: number;
}

type Wrap = (name: string, node: ASTNode, more?: string) => void;

function wrapLoop({ method, over, bodies }: Loop, wrap: Wrap): void {
  wrap(TURNS, over, `, ${bodies.reduce((sum, body) => sum + countNodes(body), 0)}`);
  if (method === 'map') for (const body of bodies) wrap(MADE, body);
}

function wrapRead(node: ASTNode, wrap: Wrap): void {
  if (node.op === '+') wrap(MADE, node);
  if (node.op === 'rcall') {
    const [method, receiver, args] = node.args;
    for (const arg of [receiver, ...args]) wrap(READ, arg);
    if (method.startsWith('get')) for (const zone of args) wrap(ZONE, zone);
  } else if (node.op === 'call') {
    const [name, args] = node.args;
    // What has() is given is not evaluated.
    if (name !== 'has') for (const arg of args) wrap(name === 'duration' ? BRIEF : READ, arg);
  } else if (READS.has(node.op)) {
    for (const operand of childrenOf(node)) wrap(READ, operand);
  }
}

function countNodes(root: ASTNode): number {
  const all = [root];
  for (const node of all) all.push(...childrenOf(node));
  return all.length;
}
