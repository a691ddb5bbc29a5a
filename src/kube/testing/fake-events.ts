/** The events API as the recorder uses it. */
import type { Event } from '../../api/kubernetes.ts';
import type { ApiClient } from '../client.ts';
import { ApiError } from '../errors.ts';

export class FakeEvents {
  readonly events: Map<string, Event> = new Map();
  writes = 0;
  /** Asked before each write. */
  reach: () => Promise<void> = async () => {};

  get client(): Pick<ApiClient, 'list' | 'create' | 'patch'> {
    // As never: the one kind that is asked for is an Event.
    return {
      list: async (_type, { fieldSelector = '' }) => {
        const event = this.events.get(fieldSelector.replace('metadata.name=', ''));
        return { metadata: {}, items: event === undefined ? [] : [event] } as never;
      },
      create: async (_type, _namespace, object) => {
        this.writes++;
        await this.reach();
        const name = object.metadata.name ?? '';
        if (this.events.has(name)) throw new ApiError(409, 'AlreadyExists', name);
        this.events.set(name, structuredClone(object) as never);
        return object;
      },
      patch: async (_type, { name }, { body }) => {
        this.writes++;
        await this.reach();
        const event = this.events.get(name);
        if (event === undefined) throw new ApiError(404, 'NotFound', name);
        Object.assign(event, body);
        return event as never;
      },
    };
  }

  /** Reasons, each with its count. */
  get counts(): [string | undefined, number | undefined][] {
    return Array.from(this.events.values(), ({ reason, count }) => [reason, count]);
  }
}
