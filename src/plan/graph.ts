/** The graph of stages and groups: who waits for whom, in circles or not. */
import type { Node, Order } from './order.ts';

/** What must have ended before this one can start (a leaf) or end (a group): its members too. */
function waitsFor(node: Node): readonly string[] {
  return node.members === undefined ? node.needs : [...node.needs, ...node.members];
}

/** Strongly connected components of more than one node, or of one that waits for itself (Tarjan, without recursion). */
export function findCycles({ nodes, byName }: Order): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const cycles: string[][] = [];
  const edges = (name: string): string[] => {
    const node = byName.get(name);
    return node === undefined ? [] : waitsFor(node).filter((other) => byName.has(other));
  };
  for (const { stage } of nodes) {
    if (index.has(stage.name)) continue;
    const work: { name: string; edges: string[]; next: number }[] = [];
    const enter = (name: string): void => {
      index.set(name, index.size);
      low.set(name, index.size - 1);
      stack.push(name);
      onStack.add(name);
      work.push({ name, edges: edges(name), next: 0 });
    };
    const lower = (name: string, to: number): void => {
      low.set(name, Math.min(low.get(name) ?? to, to));
    };
    enter(stage.name);
    for (let frame = work.at(-1); frame !== undefined; frame = work.at(-1)) {
      const to = frame.edges[frame.next++];
      if (to !== undefined) {
        if (!index.has(to)) enter(to);
        else if (onStack.has(to)) lower(frame.name, index.get(to) ?? 0);
        continue;
      }
      work.pop();
      const parent = work.at(-1);
      if (parent !== undefined) lower(parent.name, low.get(frame.name) ?? 0);
      if (low.get(frame.name) !== index.get(frame.name)) continue;
      const component = stack.splice(stack.lastIndexOf(frame.name));
      for (const name of component) onStack.delete(name);
      if (component.length > 1 || edges(frame.name).includes(frame.name)) cycles.push(component);
    }
  }
  return cycles.map((component) => walk(component, edges));
}

/** One round through a component, so that a message can say `a → b → a`: shortest from its first node. */
function walk(component: readonly string[], edges: (name: string) => string[]): string[] {
  const inside = new Set(component);
  const start = component[0] ?? '';
  const from = new Map<string, string>();
  const queue = [start];
  for (const name of queue) {
    for (const to of edges(name)) {
      if (!inside.has(to)) continue;
      if (to === start) {
        const round = [name];
        for (let at = from.get(name); at !== undefined; at = from.get(at)) round.unshift(at);
        return round;
      }
      if (from.has(to)) continue;
      from.set(to, name);
      queue.push(to);
    }
  }
  return [...component];
}

/** Answers whether one stage or group has always ended when another starts. Bit sets: 2,000 stages fit 1 MB. */
export class Ancestors {
  readonly #position = new Map<string, number>();
  readonly #before = new Map<string, Uint32Array>();
  readonly #done = new Map<string, Uint32Array>();
  readonly #order: Order;

  /** Only for graphs without cycles. */
  constructor(order: Order) {
    this.#order = order;
    for (const { stage } of order.nodes) this.#position.set(stage.name, this.#position.size);
  }

  isAncestor(ancestor: string, of: string): boolean {
    const position = this.#position.get(ancestor);
    if (position === undefined) return false;
    const word = this.#endedBefore(of)[position >>> 5] ?? 0;
    return (word & (1 << (position & 31))) !== 0;
  }

  /** All that have ended when this one starts. */
  #endedBefore(name: string): Uint32Array {
    const known = this.#before.get(name);
    if (known !== undefined) return known;
    const set = this.#empty();
    for (const need of this.#order.byName.get(name)?.needs ?? []) merge(set, this.#endedWith(need));
    this.#before.set(name, set);
    return set;
  }

  /** All that have ended when this one ends: itself, what came before, and a group's members. */
  #endedWith(name: string): Uint32Array {
    const known = this.#done.get(name);
    if (known !== undefined) return known;
    const set = this.#empty();
    merge(set, this.#endedBefore(name));
    for (const member of this.#order.byName.get(name)?.members ?? []) merge(set, this.#endedWith(member));
    const position = this.#position.get(name);
    if (position !== undefined) set[position >>> 5] = (set[position >>> 5] ?? 0) | (1 << (position & 31));
    this.#done.set(name, set);
    return set;
  }

  #empty(): Uint32Array {
    return new Uint32Array(Math.ceil(this.#position.size / 32));
  }
}

function merge(into: Uint32Array, from: Uint32Array): void {
  for (let i = 0; i < from.length; i++) into[i] = (into[i] ?? 0) | (from[i] ?? 0);
}
