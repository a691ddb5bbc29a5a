// The clusters of development, e2e tests and benchmarks: one interface, whoever provides them.
import type { Log } from '../tools/go-build.ts';

export const providerNames = ['context', 'kind', 'built'] as const;
export type ProviderName = (typeof providerNames)[number];

export interface Cluster {
  readonly name: string;
  readonly provider: ProviderName;
  /** A kubeconfig file of the cluster's own; the user's is never changed. */
  readonly kubeconfig: string;
  readonly context: string;
  /** Makes the image of an OCI or Docker archive usable by pods under this reference. */
  loadImage(archive: string, ref: string): Promise<void>;
  hasImage(ref: string): Promise<boolean>;
  /** Stops and starts parts of the cluster; only a built cluster can. */
  readonly components?: Components;
}

export interface Components {
  readonly names: readonly string[];
  /** Undefined while it does not run. */
  componentPid(name: string): number | undefined;
  /** `grace`: milliseconds between SIGTERM and SIGKILL; 0 (the default) is kill -9 at once. */
  stopComponent(name: string, options?: { readonly grace?: number }): Promise<void>;
  /** Returns when the component answers. */
  startComponent(name: string): Promise<void>;
}

export interface ClusterOptions {
  readonly name: string;
  readonly context?: string;
  /** Let the API server write an audit log (built provider only). */
  readonly audit: boolean;
  readonly log: Log;
}

export interface ClusterStatus {
  readonly name: string;
  readonly provider: ProviderName;
  readonly healthy: boolean;
  readonly details: readonly string[];
}

export interface Provider {
  /** Undefined where it can work; else the reason why not. */
  unavailable(): Promise<string | undefined>;
  up(options: ClusterOptions): Promise<Cluster>;
  down(name: string): Promise<void>;
  /** The running cluster of that name, without starting or mending anything. */
  open(name: string): Promise<Cluster>;
  status(name: string): Promise<ClusterStatus>;
}
