/** One Lease on a server that several candidates reach, or do not. */
import type { Lease } from '../../api/kubernetes.ts';
import type { ApiClient, Patch } from '../client.ts';
import { ApiError } from '../errors.ts';

export type LeaseClient = Pick<ApiClient, 'get' | 'create' | 'patch'>;

export class FakeLeases {
  lease: Lease | undefined;
  writes = 0;
  #version = 1;

  /** `reach` is asked before each request: it may throw, or never resolve. */
  client(reach: () => Promise<void> = async () => {}): LeaseClient {
    // As never: the one kind that is asked for is a Lease.
    return {
      get: async () => {
        await reach();
        if (this.lease === undefined) throw new ApiError(404, 'NotFound', 'no lease');
        return structuredClone(this.lease) as never;
      },
      create: async (_type, _namespace, object) => {
        await reach();
        if (this.lease !== undefined) throw new ApiError(409, 'AlreadyExists', 'a lease');
        return this.#write(object) as never;
      },
      patch: async (_type, _key, patch: Patch) => {
        await reach();
        if (this.lease === undefined) throw new ApiError(404, 'NotFound', 'no lease');
        const body = patch.body as Lease;
        if (body.metadata.resourceVersion !== this.lease.metadata.resourceVersion) {
          throw new ApiError(409, 'Conflict', 'the lease was modified');
        }
        const spec = { ...this.lease.spec, ...body.spec };
        return this.#write({ metadata: this.lease.metadata, spec }) as never;
      },
    };
  }

  #write(lease: Lease): Lease {
    this.writes++;
    this.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(this.#version++) } };
    return structuredClone(this.lease);
  }
}
