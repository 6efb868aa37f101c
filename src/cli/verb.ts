/** What the verbs of the client share: the address of the service, and JSON on request. */
import type { Command } from 'commander';

export interface Common {
  url: string;
  json?: true;
}

/** Adds a verb; `parent` is the command that it belongs to. */
export type Verb = (name: string, description: string, parent?: Command) => Command;

export const verbsOf =
  (program: Command, defaultUrl: string): Verb =>
  (name, description, parent = program) =>
    parent
      .command(name)
      .description(description)
      .option('--url <url>', 'address of the service (environment variable RELUMINE_URL)', defaultUrl)
      .option('--json', 'print JSON');

export function print(value: unknown, { json }: Common, plain: string): void {
  process.stdout.write(`${json ? JSON.stringify(value) : plain}\n`);
}

/** Below the options in the help of a verb. */
export const examples = (...commands: string[]): string =>
  `\nExamples:\n${commands.map((command) => `  ${command}`).join('\n')}`;
