// A Kubernetes cluster for development, e2e tests and benchmarks. Providers, the first that fits:
//   1. `context`  the one the user names; never the current context by accident
//   2. `kind`     where a Docker or Podman engine answers
//   3. `built`    from Go modules, on Linux as root: no engine and no registry needed
import type { Log } from '../tools/go-build.ts';
import { checkName } from './built/layout.ts';
import type { Cluster, ClusterStatus, Provider, ProviderName } from './contract.ts';
import { built } from './providers/built.ts';
import { context } from './providers/context.ts';
import { kind } from './providers/kind.ts';
import { registration } from './registry.ts';

export type { Cluster, ClusterStatus, Components, ProviderName } from './contract.ts';
export { registeredNames } from './registry.ts';

export const defaultName = 'otto';

export interface UpOptions {
  readonly name?: string;
  readonly context?: string;
  readonly provider?: ProviderName;
  readonly audit?: boolean;
  /** Progress, line by line; silence by default. */
  readonly log?: Log;
}

const providers: Readonly<Record<ProviderName, Provider>> = { context, kind, built };

/** Starts the cluster, mends it where a part is missing, or finds it running (in less than two seconds). */
export async function up(options: UpOptions = {}): Promise<Cluster> {
  const name = checkName(options.name ?? defaultName);
  const log = options.log ?? ((): void => {});
  const provider = await choose(name, options);
  log(`cluster ${name}: provider ${provider}`);
  return await providers[provider].up({
    name,
    audit: options.audit ?? false,
    log,
    ...(options.context === undefined ? {} : { context: options.context }),
  });
}

/** Takes away every process, mount, network and file of the cluster. Fine to repeat. */
export async function down(name: string = defaultName): Promise<void> {
  const known = registration(checkName(name));
  if (known !== undefined) return await providers[known.provider].down(name);
  // Nothing is registered, and yet something may be left: only the built provider leaves things behind.
  if ((await built.unavailable()) === undefined) await built.down(name);
}

/** Undefined where there is no such cluster. */
export async function status(name: string = defaultName): Promise<ClusterStatus | undefined> {
  const known = registration(checkName(name));
  return known === undefined ? undefined : await providers[known.provider].status(name);
}

/** The cluster as it is, started before by `up`. */
export async function open(name: string = defaultName): Promise<Cluster> {
  const known = registration(checkName(name));
  if (known === undefined)
    throw new Error(`there is no cluster ${name}: start it with \`up --name ${name}\``);
  return await providers[known.provider].open(name);
}

async function choose(name: string, { provider, context: wanted }: UpOptions): Promise<ProviderName> {
  const running = registration(name)?.provider;
  const asked = provider ?? (wanted === undefined ? undefined : 'context');
  if (running !== undefined) {
    if (asked === undefined || asked === running) return running;
    throw new Error(
      `the cluster ${name} is there already, by the provider ${running}: take it \`down\` first, or use another --name`,
    );
  }
  const candidates: readonly ProviderName[] = asked === undefined ? ['kind', 'built'] : [asked];
  const reasons: string[] = [];
  for (const candidate of candidates) {
    const reason = await providers[candidate].unavailable();
    if (reason === undefined) return candidate;
    reasons.push(`${candidate}: ${reason}`);
  }
  throw new Error(
    `no cluster can be started here (${reasons.join('; ')}): name one of your own with --context`,
  );
}
