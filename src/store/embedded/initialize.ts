/**
 * Makes a new, empty database in the directory of argument 1. A program of its own: it needs some 850 MB for a few
 * seconds,
 * and only the end of a process gives all of that back.
 */
import { PGlite } from '@electric-sql/pglite';

const directory = process.argv[2];
if (!directory) throw new Error('usage: initialize DIRECTORY');
// Small segments of the log: a new database takes 24 MB on disk, not 39.
const database = await PGlite.create({ dataDir: directory, initDbStartParams: ['--wal-segsize=1'] });
await database.close();
