/** Which names an expression speaks of: `stages.a.outputs.x` → root `stages`, keys `a`, `outputs`, `x`. */
import type { ASTNode } from '@marcbachmann/cel-js';

export interface Reference {
  root: string;
  /** As far as they are written out; what follows a computed index is left out. */
  keys: string[];
  /** `stages[run.name]`: what follows `keys` is only known when it runs. */
  computed: boolean;
}

export interface References {
  references: Reference[];
  /** Loops (exists, all, map, filter) within loops. */
  loopDepth: number;
  loops: number;
  /** Of them those that make a list of anything. */
  maps: number;
  methods: Set<string>;
}

const LOOPS: ReadonlySet<string> = new Set(['exists', 'all', 'exists_one', 'map', 'filter']);

export function referencesOf(ast: ASTNode): References {
  const found: References = { references: [], loopDepth: 0, loops: 0, maps: 0, methods: new Set() };
  visit(ast, new Set(), 0, found);
  return found;
}

function visit(node: ASTNode, bound: ReadonlySet<string>, depth: number, found: References): void {
  const path = memberPath(node);
  if (path !== undefined) {
    if (!bound.has(path.root)) found.references.push(path);
    visitIndexes(node, bound, depth, found);
    return;
  }
  if (node.op === 'rcall') {
    const [method, receiver, args] = node.args;
    found.methods.add(method);
    visit(receiver, bound, depth, found);
    const loop = loopOf(node);
    const inner = loop === undefined ? bound : new Set([...bound, loop.variable]);
    if (loop !== undefined) {
      found.loops += 1;
      if (method === 'map') found.maps += 1;
      found.loopDepth = Math.max(found.loopDepth, depth + 1);
    }
    for (const arg of loop?.bodies ?? args) visit(arg, inner, loop === undefined ? depth : depth + 1, found);
    return;
  }
  for (const child of childrenOf(node)) visit(child, bound, depth, found);
}

/** `list.map(variable, body)` and its kin; undefined for what is no loop. */
export function loopOf(node: ASTNode): Loop | undefined {
  if (node.op !== 'rcall') return undefined;
  const [method, over, [variable, ...bodies]] = node.args;
  if (!LOOPS.has(method) || variable?.op !== 'id') return undefined;
  return { method, over, variable: variable.args, bodies };
}

export interface Loop {
  method: string;
  over: ASTNode;
  variable: string;
  bodies: ASTNode[];
}

/** Computed indexes in a member path hold expressions of their own. */
function visitIndexes(node: ASTNode, bound: ReadonlySet<string>, depth: number, found: References): void {
  if (node.op === '.') visitIndexes(node.args[0], bound, depth, found);
  if (node.op === '[]') {
    visitIndexes(node.args[0], bound, depth, found);
    visit(node.args[1], bound, depth, found);
  }
}

function memberPath(node: ASTNode): Reference | undefined {
  if (node.op === 'id') return { root: node.args, keys: [], computed: false };
  if (node.op === '.') {
    const [object, key] = node.args;
    return extend(memberPath(object), key);
  }
  if (node.op === '[]') {
    const [object, index] = node.args;
    const key = index.op === 'value' && typeof index.args === 'string' ? index.args : undefined;
    return extend(memberPath(object), key);
  }
  return undefined;
}

function extend(path: Reference | undefined, key: string | undefined): Reference | undefined {
  if (path === undefined || path.computed) return path;
  if (key === undefined) path.computed = true;
  else path.keys.push(key);
  return path;
}

export function childrenOf(node: ASTNode): ASTNode[] {
  if (node.op === 'value' || node.op === 'id') return [];
  if (node.op === '.' || node.op === '.?') return [node.args[0]];
  if (node.op === 'call') return node.args[1];
  if (node.op === 'rcall') return [node.args[1], ...node.args[2]];
  if (node.op === 'map') return node.args.flat();
  if (node.op === '!_' || node.op === '-_') return [node.args];
  return [...node.args];
}
