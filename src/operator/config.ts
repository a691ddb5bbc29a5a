/** What the operator can be told from outside: environment variables and flags, checked before anything starts. */
import { isIP } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Json, Resources } from '../api/pipeline.ts';
import type { EngineConfig } from '../engine/decide-types.ts';
import { isDnsLabel } from '../plan/names.ts';
import { shapeProblem } from './pod/template-shape.ts';
import { readResources } from './read-resources.ts';
import { SETTINGS, type Setting } from './settings.ts';

export interface OperatorConfig {
  /** Of the operator itself: its lease, its Secret, its Service. */
  namespace: string;
  /** Empty: all namespaces. */
  watchNamespaces: string[];
  /** Name of the Helm release; prefixes the objects that the operator keeps for itself. */
  release: string;
  /** Who this process is in the lease; unique per process. */
  identity: string;
  /** Absent: no EndpointSlice is written (the process is not a pod). */
  podIP?: string;
  leaderElection: boolean;
  workers: number;
  ports: { reports: number; observe: number };
  /** Absent: runners speak through the termination message only. */
  reportUrl?: string;
  /** Name and address of the API server when neither the cluster nor $KUBECONFIG says. */
  context?: string;
  /** Folder of the step library. */
  stdlib: string;
  logLevel: 'error' | 'warn' | 'info' | 'debug';
  /** How long mere progress of a Run may wait to be written with what comes next. */
  progressIntervalMs: number;
  engine: EngineConfig;
  pods: PodConfig;
}

/** What the pod builder needs beside the stage itself. */
export interface PodConfig {
  runnerImage: string;
  runnerPullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  runnerResources: Resources;
  defaultResources: Resources;
  /** Onto each stage pod before the stage's own template: tolerations, node selectors, pull secrets, priority. */
  podTemplate?: { [key: string]: Json };
  runAsUser: number;
  runAsGroup: number;
  /** How long a pod may sit on a node that is not reachable before it is given up. */
  lostNodeSeconds: number;
  postSeconds: number;
  ioBytes: number;
  logBytes: number;
  outputsBytes: number;
}

export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`the operator's configuration has ${problems.length} problem(s):\n  ${problems.join('\n  ')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

type Raw = { readonly [name: string]: string | undefined };

/**
 * @param flags as on the command line: `--workers 4` or `--workers=4`; a flag goes before its variable.
 * @throws ConfigError with every problem, each naming the flag and the variable.
 */
export function readConfig(environment: Raw, flags: readonly string[], identity: string): OperatorConfig {
  const problems: string[] = [];
  const given = readFlags(flags, problems);
  const raw = (name: string): string | undefined => {
    const setting = SETTINGS[name];
    const value = given.get(name) ?? (setting === undefined ? undefined : environment[setting.variable]);
    return value === undefined || value === '' ? setting?.default : value;
  };
  const wrong = (name: string, value: string, wanted: string): void => {
    problems.push(`${spelled(name)} is "${value}", not ${wanted}`);
  };
  const text = (name: string): string => {
    const value = raw(name);
    if (value === undefined)
      problems.push(`${spelled(name)} is missing: ${SETTINGS[name]?.description ?? ''}`);
    return value ?? '';
  };
  const whole = (name: string, least: number, most: number): number => {
    const value = text(name);
    const parsed = Number(value);
    if (value !== '' && (!/^\d{1,16}$/.test(value) || parsed < least || parsed > most)) {
      wrong(name, value, `a whole number from ${least} to ${most}`);
    }
    return parsed;
  };
  const label = (name: string, most: number): string => {
    const value = text(name);
    if (value !== '' && (!isDnsLabel(value) || value.length > most)) {
      wrong(name, value, `a name of lower-case letters, digits and dashes, at most ${most} long`);
    }
    return value;
  };
  const oneOf = <T extends string>(name: string, choices: readonly [T, ...T[]]): T => {
    const value = text(name);
    const found = choices.find((choice) => choice === value);
    if (found === undefined && value !== '') wrong(name, value, `one of ${choices.join(', ')}`);
    return found ?? choices[0];
  };
  const json = (name: string): { [key: string]: Json } | undefined => {
    const value = raw(name);
    if (value === undefined) return undefined;
    const parsed = parseObject(value);
    if (parsed === undefined) wrong(name, value.slice(0, 80), 'a JSON object');
    return parsed;
  };
  const resources = (name: string): Resources => {
    const given = json(name);
    return given === undefined
      ? {}
      : readResources(given, (problem) => problems.push(`${spelled(name)}: ${problem}`));
  };
  const url = raw('report-url');
  if (url !== undefined && !isHttps(url)) wrong('report-url', url, 'an https:// URL');
  const ttl = raw('ttl-seconds');
  const podIP = raw('pod-ip');
  if (podIP !== undefined && isIP(podIP) === 0) wrong('pod-ip', podIP, 'an IP address');
  const context = raw('context');
  const template = json('pod-template');
  const misshapen = template === undefined ? undefined : shapeProblem(template);
  if (misshapen !== undefined) problems.push(`${spelled('pod-template')}: ${misshapen}`);
  const watchNamespaces = (raw('watch-namespaces') ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  for (const namespace of watchNamespaces) {
    if (!isDnsLabel(namespace)) wrong('watch-namespaces', namespace, 'the name of a namespace');
  }
  const postSeconds = whole('post-seconds', 1, 3600);
  const config: OperatorConfig = {
    namespace: label('namespace', 63),
    watchNamespaces,
    release: label('release', 53),
    identity: raw('identity') ?? identity,
    ...(podIP === undefined ? {} : { podIP }),
    leaderElection: oneOf('leader-election', ['true', 'false']) === 'true',
    workers: whole('workers', 1, 256),
    ports: { reports: whole('reports-port', 0, 65535), observe: whole('observe-port', 0, 65535) },
    ...(url === undefined ? {} : { reportUrl: url }),
    ...(context === undefined ? {} : { context }),
    stdlib: raw('stdlib') ?? fileURLToPath(new URL('../../stdlib', import.meta.url)),
    logLevel: oneOf('log-level', ['info', 'error', 'warn', 'debug']),
    progressIntervalMs: whole('progress-interval-ms', 0, 60_000),
    engine: {
      pendingLimitSeconds: whole('pending-limit-seconds', 1, 86_400),
      pipelineLimitSeconds: whole('pipeline-limit-seconds', 1, 604_800),
      ...(ttl === undefined ? {} : { ttlSeconds: whole('ttl-seconds', 0, 315_360_000) }),
      maxPodsPerRun: whole('max-pods-per-run', 1, 1000),
      postSeconds,
    },
    pods: {
      runnerImage: text('runner-image'),
      runnerPullPolicy: oneOf('runner-pull-policy', ['IfNotPresent', 'Always', 'Never']),
      runnerResources: resources('runner-resources'),
      defaultResources: resources('default-resources'),
      ...(template === undefined ? {} : { podTemplate: template }),
      runAsUser: whole('run-as-user', 0, 2_147_483_647),
      runAsGroup: whole('run-as-group', 0, 2_147_483_647),
      lostNodeSeconds: whole('lost-node-seconds', 0, 86_400),
      postSeconds,
      ioBytes: whole('io-bytes', 1 << 20, 1 << 30),
      logBytes: whole('log-bytes', 1 << 16, Number.MAX_SAFE_INTEGER),
      outputsBytes: whole('outputs-bytes', 256, 1 << 20),
    },
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

function readFlags(flags: readonly string[], problems: string[]): Map<string, string> {
  const given = new Map<string, string>();
  for (let i = 0; i < flags.length; i++) {
    const flag = flags[i] ?? '';
    const [name, inline] = flag.replace(/^--/, '').split(/=(.*)/s);
    if (!flag.startsWith('--') || name === undefined || !Object.hasOwn(SETTINGS, name)) {
      problems.push(
        `"${flag}" is not a flag of the operator; there are: ${Object.keys(SETTINGS)
          .map((known) => `--${known}`)
          .join(', ')}`,
      );
      continue;
    }
    const value = inline ?? flags[++i];
    if (value === undefined) problems.push(`--${name} needs a value`);
    else given.set(name, value);
  }
  return given;
}

function spelled(name: string): string {
  const setting: Setting | undefined = SETTINGS[name];
  return `--${name} (${setting?.variable ?? ''})`;
}

function isHttps(text: string): boolean {
  return URL.canParse(text) && new URL(text).protocol === 'https:';
}

function parseObject(text: string): { [key: string]: Json } | undefined {
  try {
    const parsed: Json = JSON.parse(text);
    return parsed !== null && typeof parsed === 'object' && !Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
