/** JSON lines on stdout. One line a change, none in a loop; no values that could be secrets. */
import winston from 'winston';

export type Fields = { readonly [name: string]: string | number | boolean | undefined };

export interface Logger {
  error(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  debug(message: string, fields?: Fields): void;
}

export function createLogger(level: 'error' | 'warn' | 'info' | 'debug'): Logger {
  const { combine, timestamp, json } = winston.format;
  const logger = winston.createLogger({
    level,
    format: combine(timestamp(), json()),
    // Errors too: a container's stderr is for what happens before this logger or after it.
    transports: [new winston.transports.Console({ stderrLevels: [] })],
  });
  const at =
    (severity: 'error' | 'warn' | 'info' | 'debug') =>
    (message: string, fields: Fields = {}): void => {
      logger.log(severity, message, fields);
    };
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}

/** What an error says, for a field of a log line. */
export function describeError(error: unknown): { error: string; stack?: string } {
  if (!(error instanceof Error)) return { error: String(error) };
  return error.stack === undefined ? { error: error.message } : { error: error.message, stack: error.stack };
}
