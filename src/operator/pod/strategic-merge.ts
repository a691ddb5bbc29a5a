/**
 * A strategic merge of a pod template onto a pod, as `kubectl patch` does it, for the lists of a PodSpec that have a
 * merge key. Directives known: `null` deletes a field, `$patch: delete` an entry of a list or what is in an object,
 * `$patch: replace` what was there of an object or a list. Other directives are left out.
 *
 * Where kubectl is of no use here, this differs: new entries come last (services start before what a template adds),
 * an entry's source is replaced with it, tolerations are added to.
 */
import type { Json } from '../../api/pipeline.ts';

type JsonObject = { [key: string]: Json };

const MERGE_KEYS: ReadonlyMap<string, string> = new Map([
  ['containers', 'name'],
  ['initContainers', 'name'],
  ['volumes', 'name'],
  ['env', 'name'],
  ['volumeMounts', 'mountPath'],
  ['volumeDevices', 'devicePath'],
  ['ports', 'containerPort'],
  ['imagePullSecrets', 'name'],
  ['hostAliases', 'ip'],
  ['topologySpreadConstraints', 'topologyKey'],
  ['resourceClaims', 'name'],
  ['schedulingGates', 'name'],
]);
/** Lists without a merge key that are sets in spirit: the patch's entries come after what is there. */
const APPENDED: ReadonlySet<string> = new Set(['tolerations', 'envFrom']);
/** An entry names one source; half of one and half of another would be refused. */
const REPLACED_ENTRIES: ReadonlySet<string> = new Set(['volumes', 'env', 'volumeMounts']);

export function strategicMerge(base: Json | undefined, patch: Json): Json | undefined {
  if (patch === null) return undefined;
  if (!isObject(patch) || !isObject(base)) return withoutDirectives(patch);
  if (patch['$patch'] === 'replace') return withoutDirectives(patch);
  if (patch['$patch'] === 'delete') return {};
  const merged = new Map(Object.entries(base));
  for (const [field, value] of Object.entries(patch)) {
    if (isDirective(field)) continue;
    const there = merged.get(field);
    const next = Array.isArray(value) ? mergeList(field, there, value) : strategicMerge(there, value);
    if (next === undefined) merged.delete(field);
    else merged.set(field, next);
  }
  return Object.fromEntries(merged);
}

function mergeList(field: string, base: Json | undefined, patch: readonly Json[]): Json {
  const there = Array.isArray(base) ? base : [];
  const key = MERGE_KEYS.get(field);
  if (key === undefined) {
    const own = patch.map((entry) => withoutDirectives(entry));
    return APPENDED.has(field) ? [...there, ...own] : own;
  }
  const directive = (entry: Json): Json | undefined => (isObject(entry) ? entry['$patch'] : undefined);
  if (patch.some((entry) => directive(entry) === 'replace')) {
    return patch.filter((entry) => directive(entry) === undefined).map((entry) => withoutDirectives(entry));
  }
  const merged = new Map(there.map((entry) => [keyOf(entry, key), entry]));
  for (const entry of patch) {
    const name = keyOf(entry, key);
    if (directive(entry) === 'delete') {
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
  const kept = Object.entries(value).filter(([field, inner]) => !isDirective(field) && inner !== null);
  return Object.fromEntries(kept.map(([field, inner]) => [field, withoutDirectives(inner)]));
}

/** No field of Kubernetes starts with it. */
function isDirective(field: string): boolean {
  return field.startsWith('$');
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
