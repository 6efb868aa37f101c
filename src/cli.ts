#!/usr/bin/env node
/** The command `relumine`. */
import { Command } from 'commander';
import { addClientCommands } from './cli/commands.ts';
import { examples } from './cli/verb.ts';
import { addDatasetCommands } from './cli/dataset-commands.ts';
import { RelumineApiError } from './client/index.ts';
import { readConfig, serviceUrl } from './config.ts';
import { VERSION } from './version.ts';

const program = new Command('relumine')
  .description('A training service that watches every neuron.')
  .version(VERSION)
  .showHelpAfterError('(see relumine --help)');

// The server's modules are loaded by the two commands that need them: so the others start quickly.
program
  .command('serve')
  .description('run the service: API, live stream, dashboard and training threads')
  .option('--port <port>', 'port to listen on, 0 for any free one (environment variable PORT)')
  .option('--host <host>', 'address to listen on (environment variable HOST)')
  .option('--data-dir <folder>', 'where everything is kept (environment variable DATA_DIR)')
  .addHelpText('after', examples('relumine serve', 'relumine serve --port 3100 --data-dir ./experiments'))
  .action(async ({ port, host, dataDir }: { port?: string; host?: string; dataDir?: string }) => {
    const config = readConfig(undefined, { PORT: port, HOST: host, DATA_DIR: dataDir });
    const { serve } = await import('./server.ts');
    await serve(config);
  });
program
  .command('worker')
  .description('run training threads only, for a service that uses the same DATABASE_URL')
  .action(async () => {
    const config = readConfig();
    const { work } = await import('./server.ts');
    await work(config);
  });

try {
  addClientCommands(program, serviceUrl());
  addDatasetCommands(program, serviceUrl());
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`relumine: ${explain(error)}\n`);
  process.exitCode = 1;
}

/** `penguins.csv, line 7, column bill:`, or the path of a field. */
function placeOf(path: string, line?: number, column?: string): string {
  if (line === undefined && column === undefined) return path;
  const places = [path, line !== undefined && `line ${line}`, column !== undefined && `column ${column}`];
  return `${places.filter(Boolean).join(', ')}:`;
}

/** One line for errors that the user can fix, and the whole stack for bugs. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof RelumineApiError) {
    return [
      error.message,
      ...error.details.map(({ path, message, line, column }) => `  ${placeOf(path, line, column)} ${message}`),
    ].join('\n');
  }
  const isFixable =
    ['ConfigError', 'StartFailure', 'StoreUnavailable'].includes(error.name) ||
    !('stack' in error) ||
    error.name === 'Error';
  return isFixable ? error.message : (error.stack ?? error.message);
}
