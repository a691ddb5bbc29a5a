/**
 * A strategic merge of a pod template onto a pod, as `kubectl patch` does it, for the lists of a PodSpec that have a
 * merge key. Directives known: `null` deletes a field, `$patch: delete` an entry, `$patch: replace` a whole object.
 */
import type { Json } from '../../api/pipeline.ts';

type JsonObject = { [key: string]: Json };

const MERGE_KEYS: { readonly [field: string]: string } = {
  containers: 'name',
  initContainers: 'name',
  volumes: 'name',
  env: 'name',
  volumeMounts: 'mountPath',
  volumeDevices: 'devicePath',
  ports: 'containerPort',
  imagePullSecrets: 'name',
  hostAliases: 'ip',
  topologySpreadConstraints: 'topologyKey',
  resourceClaims: 'name',
};
/** Lists without a merge key that are sets in spirit: the patch's entries come after what is there. */
const APPENDED: ReadonlySet<string> = new Set(['tolerations', 'envFrom']);
/** An entry names one source; half of one and half of another would be refused. */
const REPLACED_ENTRIES: ReadonlySet<string> = new Set(['volumes', 'env', 'volumeMounts']);

export function strategicMerge(base: Json | undefined, patch: Json): Json | undefined {
  if (patch === null) return undefined;
  if (!isObject(patch) || !isObject(base)) return withoutDirectives(patch);
  if (patch['$patch'] === 'replace') return withoutDirectives(patch);
  const merged: JsonObject = { ...base };
  for (const [field, value] of Object.entries(patch)) {
    if (field === '$patch') continue;
    const next = Array.isArray(value)
      ? mergeList(field, base[field], value)
      : strategicMerge(base[field], value);
    if (next === undefined) delete merged[field];
    else merged[field] = next;
  }
  return merged;
}

function mergeList(field: string, base: Json | undefined, patch: readonly Json[]): Json {
  const there = Array.isArray(base) ? base : [];
  const key = MERGE_KEYS[field];
  if (key === undefined) {
    const own = patch.map((entry) => withoutDirectives(entry));
    return APPENDED.has(field) ? [...there, ...own] : own;
  }
  const merged = new Map(there.map((entry) => [keyOf(entry, key), entry]));
  for (const entry of patch) {
    const name = keyOf(entry, key);
    if (isObject(entry) && entry['$patch'] === 'delete') {
      merged.delete(name);
      continue;
    }
    const whole = REPLACED_ENTRIES.has(field) || !merged.has(name);
    const next = whole ? withoutDirectives(entry) : strategicMerge(merged.get(name), entry);
    if (next !== undefined) merged.set(name, next);
  }
  return [...merged.values()];
}

function keyOf(entry: Json, key: string): string {
  return isObject(entry) ? JSON.stringify(entry[key] ?? null) : JSON.stringify(entry);
}

function withoutDirectives(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutDirectives);
  if (!isObject(value)) return value;
  const clean: JsonObject = {};
  for (const [field, inner] of Object.entries(value)) {
    if (field !== '$patch' && inner !== null) clean[field] = withoutDirectives(inner);
  }
  return clean;
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
