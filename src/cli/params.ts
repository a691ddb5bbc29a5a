/** `-p NAME=VALUE`: text from a command line as the type that the Pipeline declares. Pure. */
import type { Json, Param } from '../api/pipeline.ts';
import { bindParams } from '../plan/bind-params.ts';

export type Values = { [name: string]: Json };
export type ReadParams = { values: Values } | { problems: string[] };

export interface GivenParams {
  /** As typed: `NAME=VALUE`. */
  flags: readonly string[];
  /** From a file, typed already; flags win. */
  file: Values;
}

/** All that is wrong, not the first. What a Run leaves to the Pipeline's defaults is not in the answer. */
export function readParams(pipeline: string, declared: readonly Param[], given: GivenParams): ReadParams {
  const problems: string[] = [];
  const texts = new Map<string, string[]>();
  for (const flag of given.flags) {
    const equals = flag.indexOf('=');
    if (equals <= 0) {
      problems.push(`-p ${flag}: write it as -p NAME=VALUE.`);
      continue;
    }
    const name = flag.slice(0, equals);
    texts.set(name, [...(texts.get(name) ?? []), flag.slice(equals + 1)]);
  }
  // Without a prototype: a parameter may be called __proto__.
  const values: Values = Object.assign(Object.create(null), given.file);
  const unreadable = new Set<string>();
  for (const [name, given] of texts) {
    const param = declared.find((one) => one.name === name);
    const read = readValue(name, param?.type ?? 'string', given);
    if ('value' in read) values[name] = read.value;
    else {
      problems.push(read.problem);
      unreadable.add(name);
      delete values[name];
    }
  }
  const asked = declared.filter(({ name }) => !unreadable.has(name));
  const bound = bindParams({ params: asked, pipeline }, values);
  if ('errors' in bound) problems.push(...bound.errors.map(({ message }) => message));
  return problems.length > 0 ? { problems } : { values };
}

/** Not all that Number() takes: an empty text is 0 to it. */
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

type Read = { value: Json } | { problem: string };

function readValue(name: string, type: NonNullable<Param['type']>, texts: readonly string[]): Read {
  if (type === 'array') return readArray(name, texts);
  const [text = '', ...more] = texts;
  if (more.length > 0) return { problem: `-p ${name} is given ${texts.length} times; it takes one value.` };
  switch (type) {
    case 'string':
    case 'choice':
      return { value: text };
    case 'number': {
      const value = Number(text);
      const isNumber = NUMBER.test(text) && Number.isFinite(value);
      return isNumber ? { value } : { problem: `-p ${name}=${text}: '${name}' must be a number.` };
    }
    case 'boolean':
      if (text === 'true' || text === 'false') return { value: text === 'true' };
      return { problem: `-p ${name}=${text}: '${name}' must be true or false.` };
  }
}

/** One JSON list, or one item each time. */
function readArray(name: string, texts: readonly string[]): Read {
  const [first = ''] = texts;
  if (texts.length > 1 || !first.trimStart().startsWith('[')) return { value: [...texts] };
  try {
    const value: Json = JSON.parse(first);
    return { value };
  } catch {
    return {
      problem: `-p ${name}=${first}: this is no JSON list. Write -p '${name}=["a", "b"]', or -p ${name}=a -p ${name}=b.`,
    };
  }
}
