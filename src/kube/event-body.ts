/** Events as `kubectl describe` reads them: core/v1, with the counts and times of the older kind. */
import { createHash } from 'node:crypto';
import type { Event, KubeObject } from '../api/kubernetes.ts';

export type EventKind = 'Normal' | 'Warning';

/** The same fact about the same object, however often it happened within one window. */
export interface EventSeries {
  object: KubeObject;
  kind: EventKind;
  reason: string;
  message: string;
  name: string;
  firstAt: number;
  lastAt: number;
  count: number;
}

export interface EventSource {
  component: string;
  instance: string;
}

const MAX_MESSAGE = 1024;
const MAX_NAME = 253;

export function shorten(message: string): string {
  return message.length <= MAX_MESSAGE ? message : `${message.slice(0, MAX_MESSAGE - 1)}…`;
}

/** Known beforehand, so that a process that starts again in the same window counts on in the same Event. */
export function eventName(object: KubeObject, identity: string, window: number): string {
  const hash = createHash('sha256').update(`${identity}\0${window}`).digest('hex').slice(0, 16);
  return `${(object.metadata.name ?? '').slice(0, MAX_NAME - 17)}.${hash}`;
}

export function eventNamespace(object: KubeObject): string {
  return object.metadata.namespace ?? 'default';
}

export function eventBody(series: EventSeries, { component, instance }: EventSource): Event {
  const { object, kind, reason, message, name, count } = series;
  const { uid, resourceVersion } = object.metadata;
  return {
    metadata: { name, namespace: eventNamespace(object) },
    involvedObject: {
      ...(object.apiVersion === undefined ? {} : { apiVersion: object.apiVersion }),
      ...(object.kind === undefined ? {} : { kind: object.kind }),
      ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
      ...(object.metadata.name === undefined ? {} : { name: object.metadata.name }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    type: kind,
    reason,
    message,
    source: { component },
    reportingComponent: component,
    reportingInstance: instance,
    firstTimestamp: rfc3339(series.firstAt),
    lastTimestamp: rfc3339(series.lastAt),
    count,
  };
}

export function rfc3339(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
