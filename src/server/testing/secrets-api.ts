/** An API server that keeps Secrets, with versions, and lets two writers meet. */
import type { KubeObject } from '../../api/kubernetes.ts';
import { ApiError } from '../../kube/errors.ts';
import type { SecretsClient } from '../tls/tls-material.ts';

export type Secret = KubeObject & { data?: Record<string, string>; type?: string };

export class SecretsApi implements SecretsClient {
  secret: Secret | undefined;
  readonly writes: string[] = [];
  /** Done once before the next write: what somebody else does meanwhile. */
  before: (() => void | Promise<void>) | undefined;
  #version = 0;

  put(secret: Secret): void {
    this.secret = {
      ...secret,
      metadata: { ...secret.metadata, resourceVersion: String(++this.#version) },
    };
  }

  get(): Promise<never> {
    if (this.secret === undefined) return Promise.reject(new ApiError(404, 'NotFound', 'no secret'));
    return Promise.resolve(structuredClone(this.secret) as never);
  }

  async create(_type: object, _namespace: string, object: Secret): Promise<never> {
    await this.#meet();
    if (this.secret !== undefined) throw new ApiError(409, 'AlreadyExists', 'there is one');
    this.writes.push('create');
    this.put(object);
    return this.secret as never;
  }

  async patch(_type: object, _key: object, patch: { body: object }): Promise<never> {
    await this.#meet();
    const { metadata, data }: Partial<Secret> = patch.body;
    if (this.secret === undefined) throw new ApiError(404, 'NotFound', 'no secret');
    if (metadata?.resourceVersion !== this.secret.metadata.resourceVersion)
      throw new ApiError(409, 'Conflict', 'it was changed');
    this.writes.push('patch');
    this.put({ ...this.secret, data: { ...this.secret.data, ...data } });
    return this.secret as never;
  }

  async #meet(): Promise<void> {
    const { before } = this;
    this.before = undefined;
    await before?.();
  }
}
