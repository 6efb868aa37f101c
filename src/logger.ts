/** Log lines: pretty on a terminal, otherwise JSON. */
import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { LogLevel } from './config.ts';

export type { Logger } from 'pino';

export function createLogger(level: LogLevel, output = process.stdout): Logger {
  const options = { level, base: null };
  if (!output.isTTY) return pino(options, output);
  return pino(
    options,
    pretty({ colorize: true, ignore: 'reqId', translateTime: 'SYS:HH:MM:ss', destination: output.fd, sync: true }),
  );
}
