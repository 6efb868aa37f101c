/** What a command asks of the person who runs it, or reads from a pipe instead. */
import { fstatSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

/** Of a socket as standard input: the program that started this one may never write to it or end it. */
const PATIENCE_MS = 2000;

/** What is typed as an answer; nothing of it is shown if it is `secret`. Only for a terminal. */
export async function ask(question: string, { secret = false } = {}): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  process.stderr.write(question);
  const lines = createInterface({ input: process.stdin, output: secret ? silent : process.stderr, terminal: true });
  try {
    return await lines.question('');
  } finally {
    lines.close();
    if (secret) process.stderr.write('\n');
  }
}

/** The password, from a terminal or as the first line of standard input; null if there is none. */
export async function readPassword(question: string): Promise<string | null> {
  const line = process.stdin.isTTY ? await ask(question, { secret: true }) : await firstLine();
  return line === '' ? null : line;
}

async function firstLine(): Promise<string> {
  const input = process.stdin;
  const patience = setTimeout(() => {
    if (isSocket() && input.bytesRead === 0) input.destroy();
  }, PATIENCE_MS);
  const bytes = await buffer(input).catch((error: unknown) => {
    if (input.destroyed) return Buffer.alloc(0);
    throw error;
  });
  clearTimeout(patience);
  return bytes.toString('utf8').split(/\r?\n/)[0] ?? '';
}

function isSocket(): boolean {
  try {
    return fstatSync(0).isSocket();
  } catch {
    return false; // There is no standard input at all.
  }
}
