/** `otto operator`: configuration, access, signals. */
import { hostname } from 'node:os';
import { type Access, inClusterAccess, kubeconfigAccess } from '../kube/access.ts';
import { ConfigError, type OperatorConfig, readConfig } from './config.ts';
import { createLogger, describeError } from './logging.ts';
import { runOperator } from './operator.ts';
import { SETTINGS } from './settings.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 64;

/** @returns the exit code of the process. */
export async function main(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    console.log(help());
    return 0;
  }
  let config: OperatorConfig;
  try {
    config = readConfig(process.env, argv, `${hostname()}-${process.pid}`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    return EXIT_USAGE;
  }
  const logger = createLogger(config.logLevel);
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      logger.info('stopping: what has begun is finished, then the lease is handed over', { signal });
      stop.abort();
    });
  }
  try {
    await runOperator(config, await accessOf(config), logger, stop.signal);
    logger.info('operator stopped');
    return 0;
  } catch (error) {
    logger.error('the operator cannot go on', { ...describeError(error) });
    return EXIT_FAILED;
  }
}

async function accessOf(config: OperatorConfig): Promise<Access> {
  const inCluster = config.context === undefined ? inClusterAccess(process.env) : undefined;
  return inCluster ?? (await kubeconfigAccess({ context: config.context })).access;
}

function help(): string {
  const flags = Object.entries(SETTINGS).map(([flag, { variable, default: fallback, description }]) => {
    const usual = fallback === undefined ? '' : ` (default: ${fallback})`;
    return `  --${flag} VALUE\n      ${description}${usual}\n      environment: ${variable}`;
  });
  return `usage: otto operator [FLAGS]\n\nRuns the operator. A flag goes before its environment variable.\n\n${flags.join('\n')}`;
}
