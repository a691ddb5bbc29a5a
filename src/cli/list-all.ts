/** A whole collection, page by page, so that a namespace of 10,000 Runs is no burden to the API server. */
import type { KubeObject } from '../api/kubernetes.ts';
import type { ApiClient } from '../kube/client.ts';
import type { ResourceType } from '../kube/resource.ts';
import type { Selection } from './watch-objects.ts';

const PAGE = 500;

export interface Everything<T> {
  items: T[];
  resourceVersion: string;
}

export async function listAll<T extends KubeObject>(
  client: ApiClient,
  type: ResourceType<T>,
  selection: Selection,
): Promise<Everything<T>> {
  const items: T[] = [];
  let next: string | undefined;
  for (;;) {
    const page = await client.list(type, { ...selection, limit: PAGE, continue: next });
    // Items of a list do not say what they are, and what is printed should.
    for (const item of page.items) items.push({ apiVersion: type.apiVersion, kind: type.kind, ...item });
    next = page.metadata.continue;
    if (next === undefined || next === '') {
      return { items, resourceVersion: page.metadata.resourceVersion ?? '' };
    }
  }
}
