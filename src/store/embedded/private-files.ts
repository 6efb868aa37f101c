/** The files of the embedded database contain all that anybody has stored, so only the user of the service reads them. */
import { chmod, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const OTHERS = 0o077;

/**
 * The process, with all of its threads, creates no file that others can read. A thread has no mask of its own, and the
 * file system of the database does not pass modes on.
 */
export function createPrivateFiles(): void {
  process.umask(process.umask() | OTHERS);
}

/** Takes the rights of others away from a folder and all that is in it, as earlier versions have created them. */
export async function makePrivate(folder: string): Promise<void> {
  await closeToOthers(folder);
  const entries = await readdir(folder, { withFileTypes: true });
  await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await makePrivate(path);
      if (entry.isFile()) await closeToOthers(path);
    }),
  );
}

export async function closeToOthers(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & OTHERS) !== 0) await chmod(path, withoutOthers(mode & 0o7777));
}

export const withoutOthers = (mode: number): number => mode & ~OTHERS;
