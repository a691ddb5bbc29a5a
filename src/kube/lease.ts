/** The Lease as leader election reads and writes it; each write holds only if nobody wrote in between. */
import type { Lease, OwnerReference } from '../api/kubernetes.ts';
import type { ApiClient, CallOptions } from './client.ts';
import { isNotFound } from './errors.ts';
import { LEASES } from './resource.ts';

export interface LeaseRecord {
  /** Empty: released. */
  holder: string;
  durationMs: number;
  /** As their writer's clock says: only ever compared for being another. */
  renewTime: string;
  acquireTime: string;
  transitions: number;
  resourceVersion: string;
}

export interface LeaseStore {
  read(options: CallOptions): Promise<LeaseRecord | undefined>;
  /** Absent `before`: it must not exist. @throws ApiError Conflict or AlreadyExists when somebody else wrote. */
  write(
    record: Omit<LeaseRecord, 'resourceVersion'>,
    before: LeaseRecord | undefined,
    options: CallOptions,
  ): Promise<LeaseRecord>;
}

export function leaseStore(
  client: Pick<ApiClient, 'get' | 'create' | 'patch'>,
  key: { namespace: string; name: string },
  owner: OwnerReference | undefined,
): LeaseStore {
  return {
    read: async (options) => {
      try {
        return recordOf(await client.get(LEASES, key, options));
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    write: async (record, before, options) => {
      const spec = {
        holderIdentity: record.holder,
        // Whole seconds, and a released one must not be zero.
        leaseDurationSeconds: Math.max(1, Math.round(record.durationMs / 1000)),
        acquireTime: record.acquireTime,
        renewTime: record.renewTime,
        leaseTransitions: record.transitions,
      };
      if (before === undefined) {
        const metadata = { ...key, ...(owner === undefined ? {} : { ownerReferences: [owner] }) };
        return recordOf(await client.create(LEASES, key.namespace, { metadata, spec }, options));
      }
      const body = { metadata: { resourceVersion: before.resourceVersion }, spec };
      return recordOf(await client.patch(LEASES, key, { kind: 'merge', body }, options));
    },
  };
}

function recordOf({ metadata, spec }: Lease): LeaseRecord {
  return {
    holder: spec?.holderIdentity ?? '',
    durationMs: (spec?.leaseDurationSeconds ?? 0) * 1000,
    renewTime: spec?.renewTime ?? '',
    acquireTime: spec?.acquireTime ?? '',
    transitions: spec?.leaseTransitions ?? 0,
    resourceVersion: metadata.resourceVersion ?? '',
  };
}

/** RFC 3339 with microseconds, which is all that the API takes for MicroTime. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
