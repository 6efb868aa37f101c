/** What the verbs of the client share: the address of the service, and JSON on request. */
import { Option, type Command } from 'commander';
import { RelumineClient } from '../client/index.ts';
import { keptFor } from './credentials.ts';

export interface Common {
  url: string;
  /** Of the environment. */
  apiKey?: string;
  /** The file in which `relumine login` keeps keys. */
  credentials: string;
  json?: true;
}

/** Adds a verb; `parent` is the command that it belongs to. */
export type Verb = (name: string, description: string, parent?: Command) => Command;

/** Where the service is, and how one gets in. */
export type Access = Pick<Common, 'url' | 'apiKey' | 'credentials'>;

export const verbsOf =
  (program: Command, access: Access): Verb =>
  (name, description, parent = program) =>
    withAccess(parent.command(name).description(description), access);

/** Adds the options that every verb of the client has. */
export const withAccess = (command: Command, { url, apiKey, credentials }: Access): Command =>
  command
    .option('--url <url>', 'address of the service (environment variable RELUMINE_URL)', url)
    .option('--json', 'print JSON')
    .addOption(new Option('--api-key <key>').default(apiKey).hideHelp())
    .addOption(new Option('--credentials <file>').default(credentials).hideHelp());

/** With the key of the environment, or else the one that `relumine login` has kept for the service. */
export const connect = ({ url, apiKey, credentials }: Access): RelumineClient =>
  new RelumineClient(url, { apiKey: apiKey ?? keptFor(credentials, url)?.key });

export function print(value: unknown, { json }: Common, plain: string): void {
  process.stdout.write(`${json ? JSON.stringify(value) : plain}\n`);
}

/** Below the options in the help of a verb. */
export const examples = (...commands: string[]): string =>
  `\nExamples:\n${commands.map((command) => `  ${command}`).join('\n')}`;
