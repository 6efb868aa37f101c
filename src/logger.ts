/** Log lines: pretty on a terminal, otherwise JSON. */
import { pino, type Logger, type LoggerOptions } from 'pino';
import pretty from 'pino-pretty';
import type { LogLevel } from './config.ts';

export type { Logger } from 'pino';

/**
 * `isSaid`: of errors with a reason that the log says once, wherever they show. They are seen at `debug` only.
 */
export function createLogger(
  level: LogLevel,
  output = process.stdout,
  isSaid: (error: unknown) => boolean = () => false,
): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    hooks: {
      logMethod(parts, log, severity) {
        const [context] = parts as [unknown];
        if (severity <= pino.levels.values['debug']! || !isSaid((context as { err?: unknown } | null)?.err))
          log.apply(this, parts);
        else this.debug(...parts);
      },
    },
  };
  if (!output.isTTY) return pino(options, output);
  return pino(
    options,
    pretty({ colorize: true, ignore: 'reqId', translateTime: 'SYS:HH:MM:ss', destination: output.fd, sync: true }),
  );
}
