/** Keys that `relumine login` keeps, by the address of the service, in a file that only its owner can read. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Kept {
  /** The person. */
  name: string;
  key: string;
}
type Credentials = Record<string, Kept>;

export const keptFor = (file: string, url: string): Kept | undefined => read(file)[url];

/** Null forgets it. */
export function keep(file: string, url: string, kept: Kept | null): void {
  const { [url]: _before, ...others } = read(file);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(kept ? { ...others, [url]: kept } : others, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

function read(file: string): Credentials {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return {}; // Nobody has signed in.
  }
  try {
    return JSON.parse(text) as Credentials;
  } catch (cause) {
    throw new Error(`${file} is not valid JSON. Delete it and sign in again: relumine login`, { cause });
  }
}
