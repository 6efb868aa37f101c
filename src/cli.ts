#!/usr/bin/env node
/** The command `relumine`. */
import { Command } from 'commander';
import { readPassword } from './cli/ask.ts';
import { addClientCommands } from './cli/commands.ts';
import { examples } from './cli/verb.ts';
import { addDatasetCommands } from './cli/dataset-commands.ts';
import { RelumineApiError } from './client/index.ts';
import { readConfig, readAccess } from './config.ts';
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
  .option('--set-up', 'while nobody is registered, print a link with which the first owner registers (SET_UP)')
  .addHelpText('after', examples('relumine serve', 'relumine serve --port 3100 --data-dir ./experiments'))
  .action(async ({ port, host, dataDir, setUp }: { port?: string; host?: string; dataDir?: string; setUp?: true }) => {
    const given = { PORT: port, HOST: host, DATA_DIR: dataDir, SET_UP: setUp && 'true' };
    const config = readConfig(undefined, given);
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

const admin = program
  .command('admin')
  .description('register an owner, or give somebody another password, at the database');
const PASSWORD = 'The password comes from standard input. Without one, a password is made and printed once.';
interface AdminOptions {
  name: string;
  email?: string;
  dataDir?: string;
}
const adminCommand = (name: string, description: string) =>
  admin
    .command(name)
    .description(`${description}. ${PASSWORD}`)
    .requiredOption('--name <name>', 'name of the person')
    .option('--data-dir <folder>', 'of the service, unless it uses a DATABASE_URL (environment variable DATA_DIR)');
adminCommand('create', 'register an owner, who may do everything')
  .option('--email <address>', 'e-mail address, to sign in with as well')
  .addHelpText('after', examples('relumine admin create --name Ada < password.txt', 'relumine admin create --name Ada'))
  .action(async ({ name, email, dataDir }: AdminOptions) => {
    const password = await readPassword('Password (empty: one is made): ');
    const { createOwner } = await import('./admin.ts');
    const place = readConfig(undefined, { DATA_DIR: dataDir });
    const { person, madePassword } = await createOwner(place, { name, email: email ?? null, password });
    process.stdout.write(`${JSON.stringify(person.name)} is registered as an owner.\n`);
    printPassword(madePassword);
  });
adminCommand('password', 'give somebody another password, and end their sessions')
  .addHelpText('after', examples('relumine admin password --name Ada'))
  .action(async ({ name, dataDir }: AdminOptions) => {
    const password = await readPassword('New password (empty: one is made): ');
    const { resetPassword } = await import('./admin.ts');
    const { person, madePassword } = await resetPassword(readConfig(undefined, { DATA_DIR: dataDir }), {
      name,
      password,
    });
    process.stdout.write(`${JSON.stringify(person.name)} has another password.\n`);
    printPassword(madePassword);
  });

function printPassword(made: string | null): void {
  if (made !== null) process.stdout.write(`Password, shown only here: ${made}\n`);
}

try {
  const access = readAccess();
  addClientCommands(program, access);
  addDatasetCommands(program, access);
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
    // The message of a single problem says it already.
    const details = error.details.filter(({ message }) => error.details.length > 1 || !error.message.includes(message));
    return [
      error.message,
      ...details.map(({ path, message, line, column }) => `  ${placeOf(path, line, column)} ${message}`),
    ].join('\n');
  }
  const isFixable =
    ['ConfigError', 'StartFailure', 'StoreUnavailable'].includes(error.name) ||
    !('stack' in error) ||
    error.name === 'Error';
  return isFixable ? error.message : (error.stack ?? error.message);
}
