/**
 * Keeps the temporary files of tests in memory where there is room: a new database is a thousand files, and writing them
 * to a disk takes a test longer than what it tests. It is imported for its effect, before anything asks for `tmpdir()`.
 * A bench uses the disk.
 */
import { statfsSync } from 'node:fs';

const MEMORY = '/dev/shm';
/** Of files: several times of what the tests have at once. */
const ENOUGH_BYTES = 4e9;

if (process.env['NODE_TEST_CONTEXT'] && !process.env['TMPDIR'] && hasRoom(MEMORY)) process.env['TMPDIR'] = MEMORY;

function hasRoom(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize > ENOUGH_BYTES;
  } catch {
    return false;
  }
}
