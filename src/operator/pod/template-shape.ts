/**
 * The shape that a pod template must have to be merged at all. All other rules of a pod are the API server's, which names
 * the field that breaks one.
 */
import type { Json } from '../../api/pipeline.ts';

type Check = (value: Json, path: string) => string | undefined;

const texts: Check = (value, path) => {
  if (!isObject(value)) return `${path} is not an object`;
  const wrong = Object.entries(value).find(([, text]) => typeof text !== 'string' && text !== null);
  return wrong === undefined ? undefined : `${path}['${wrong[0]}'] is not a string`;
};

const container: Check = (value, path) =>
  named(value, path, { volumeMounts: list(named), volumeDevices: list(named) });

const volume: Check = (value, path) =>
  named(value, path, {
    projected: (projected, here) =>
      object(projected, here, {
        sources: list((source, at) => object(source, at, { serviceAccountToken: object })),
      }),
  });

const spec: Check = (value, path) =>
  object(value, path, {
    containers: list(container),
    initContainers: list(container),
    volumes: list(volume),
  });

/** What is wrong, by path; null counts as absent. */
export function shapeProblem(template: Json): string | undefined {
  return object(template, 'podTemplate', {
    metadata: (value, path) => object(value, path, { labels: texts, annotations: texts }),
    spec,
  });
}

function object(
  value: Json,
  path: string,
  fields: { readonly [field: string]: Check } = {},
): string | undefined {
  if (!isObject(value)) return `${path} is not an object`;
  for (const [field, check] of Object.entries(fields)) {
    const inner = value[field] ?? null;
    const problem = inner === null ? undefined : check(inner, `${path}.${field}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function named(
  value: Json,
  path: string,
  fields: { readonly [field: string]: Check } = {},
): string | undefined {
  if (isObject(value) && typeof value['name'] !== 'string') return `${path} has no name`;
  return object(value, path, fields);
}

function list(check: Check): Check {
  return (value, path) => {
    if (!Array.isArray(value)) return `${path} is not a list`;
    for (const [index, entry] of value.entries()) {
      const problem = check(entry, `${path}[${index}]`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

function isObject(value: Json): value is { [key: string]: Json } {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
