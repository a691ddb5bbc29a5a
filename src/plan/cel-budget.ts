/**
 * What one evaluation may cost: expressions come from whoever may write a Pipeline, and are evaluated by the operator
 * that serves everybody. CEL has no endless loops, but loops within loops go over much, and a list or a text can grow
 * with each of them until memory ends. So what a loop goes over is charged for before it begins (within it an error
 * would be put off: `exists` goes on for as long as a later item may be true), and what a sum or `map` makes after.
 */
import type { ASTNode, Environment } from '@marcbachmann/cel-js';
import { childrenOf, loopOf } from './references.ts';

const TURNS = '_turns';
const MADE = '_made';
/** Items of lists and characters of texts that an evaluation makes, and turns of loops and sums at their price. */
const MOST_COST = 2_000_000;
/** In time, a turn or a sum is worth so many items: 50,000 of them take some tenths of a second. */
const TURN = 40;

/** An expression is evaluated at once and to its end, so there is one account at a time. */
let left = MOST_COST;

export function registerBudget(environment: Environment): void {
  environment.registerFunction(`${TURNS}(dyn): dyn`, (value: unknown) => charge(value, sizeOf(value) * TURN));
  environment.registerFunction(`${MADE}(dyn): dyn`, (value: unknown) => charge(value, sizeOf(value) + TURN));
}

export function withBudget<T>(evaluate: () => T): T {
  left = MOST_COST;
  return evaluate();
}

function charge<T>(value: T, cost: number): T {
  left -= cost;
  if (left >= 0) return value;
  throw new Error('The expression takes too long: it goes over too many items, or makes too much of them.');
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
}

/** The text with the calls that charge in it; as it is where there is nothing to charge for. */
export function priced(text: string, ast: ASTNode): string {
  const inserts: { at: number; text: string; order: number }[] = [];
  const wrap = (name: string, { start, end }: ASTNode): void => {
    // Outer ones are seen first: they open first and close last.
    inserts.push({ at: start, text: `${name}(`, order: inserts.length });
    inserts.push({ at: end, text: ')', order: -inserts.length });
  };
  const todo = [ast];
  for (const node of todo) {
    if (node.op === '+') wrap(MADE, node);
    const loop = loopOf(node);
    if (loop !== undefined) {
      wrap(TURNS, loop.over);
      if (loop.method === 'map') for (const body of loop.bodies) wrap(MADE, body);
    }
    todo.push(...childrenOf(node));
  }
  // At one place what closes comes before what opens.
  const opens = ({ text: insert }: { text: string }): number => (insert === ')' ? 0 : 1);
  inserts.sort((a, b) => a.at - b.at || opens(a) - opens(b) || a.order - b.order);
  let out = '';
  let from = 0;
  for (const { at, text: insert } of inserts) {
    out += text.slice(from, at) + insert;
    from = at;
  }
  return out + text.slice(from);
}
