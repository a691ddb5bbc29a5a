import type { PodSpec } from '../../api/kubernetes.ts';
import type { Resources } from '../../api/pipeline.ts';

type Container = PodSpec['containers'][number];

export function environment(values: Record<string, string>): NonNullable<Container['env']> {
  return Object.entries(values).map(([name, value]) => ({ name, value: literal(value) }));
}

/**
 * The kubelet replaces `$(NAME)` and `$$` in values and commands; a doubled `$` is how one writes it. Older kubelets also
 * break a character of several bytes after a lone `$`.
 */
export function literal(text: string): string {
  return text.replaceAll(/\$+(?=\(|\P{ASCII})|\${2,}/gu, (signs) => signs + signs);
}

export function kubeResources(
  own: Resources | undefined,
  fallback: Resources,
): NonNullable<Container['resources']> {
  const chosen = own ?? fallback;
  return {
    ...(chosen.requests === undefined ? {} : { requests: asStrings(chosen.requests) }),
    ...(chosen.limits === undefined ? {} : { limits: asStrings(chosen.limits) }),
  };
}

function asStrings(side: Record<string, string | number>): Record<string, string> {
  return Object.fromEntries(Object.entries(side).map(([name, quantity]) => [name, String(quantity)]));
}
