// Which writes the API server has answered, from its own counters.

/** Whose writes these are, as far as resource and verb tell. */
export interface Writes {
  readonly what: string;
  readonly writer: string;
  readonly count: number;
}

const WRITES = new Set(['POST', 'PUT', 'PATCH', 'APPLY', 'DELETE', 'DELETECOLLECTION']);
const LINE = /^apiserver_request_total\{([^}]*)\} (\S+)$/gm;
/** They come by the clock and not by the Run; reviews write nothing. */
const BY_CLOCK = new Set(['leases', 'tokenreviews', 'subjectaccessreviews', 'nodes']);

/** Counters by `VERB resource/subresource`, of the Prometheus text. */
export function writesOf(metrics: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [, labels = '', value = ''] of metrics.matchAll(LINE)) {
    const of = new Map(
      Array.from(labels.matchAll(/(\w+)="([^"]*)"/g), ([, name = '', text = '']) => [name, text]),
    );
    const verb = of.get('verb') ?? '';
    const resource = of.get('resource') ?? '';
    if (!WRITES.has(verb) || BY_CLOCK.has(resource)) continue;
    const subresource = of.get('subresource') ?? '';
    const key = `${verb} ${resource}${subresource === '' ? '' : `/${subresource}`}`;
    counts.set(key, (counts.get(key) ?? 0) + Number(value));
  }
  return counts;
}

export function writesBetween(before: Map<string, number>, after: Map<string, number>): Writes[] {
  return Array.from(after, ([what, count]) => ({
    what,
    writer: writerOf(what),
    count: count - (before.get(what) ?? 0),
  }))
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => b.count - a.count);
}

function writerOf(what: string): string {
  if (what === 'POST runs') return 'the user';
  if (what === 'POST pods/binding' || what === 'POST events') return 'scheduler';
  if (what === 'PATCH pods/status') return 'node';
  if (/ (runs|pods|pipelines|controllerrevisions|secrets|endpointslices)(\/|$)/.test(what)) return 'operator';
  return 'others';
}
