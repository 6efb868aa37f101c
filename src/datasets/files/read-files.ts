/** Data files of any known format to a table: row groups, and what the columns hold. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataFile, ReadingLimits, ReadingOptions, ReadingSink, Table } from '../../schemas/index.ts';
import { TooManyValues } from '../table/table-writer.ts';
import type { ReadingContext } from './context.ts';
import { readCsv } from './csv/read-csv.ts';
import { FileDamage } from './damage.ts';

/** Limits where a caller has no others. */
const READING_LIMITS: ReadingLimits = { bytes: 2 * 1024 ** 3, values: 200_000_000 };

/** A report of progress per this many bytes. */
const PROGRESS_BYTES = 4 * 1024 * 1024;

/**
 * Reads the files of one data set as streams: the memory that it needs does not grow with them. Several files are parts
 * (train, validation, test), or belong together, as images and labels do. `workspace`: a folder for unpacked files,
 * which are removed before it returns.
 *
 * Throws FileDamage if the files cannot be read as a table. Rows that the sink got until then are worthless.
 */
export async function readFiles(
  files: readonly DataFile[],
  options: ReadingOptions,
  sink: ReadingSink,
  limits: ReadingLimits = READING_LIMITS,
  workspace: string = tmpdir(),
): Promise<Table> {
  const folder = await mkdtemp(join(workspace, 'reading-'));
  try {
    const sizes = await Promise.all(files.map(async ({ path }) => (await stat(path)).size));
    const advance = progress(
      sizes.reduce((sum, size) => sum + size, 0),
      sink,
    );
    const context: ReadingContext = { options, limits, sink, advance, workspace: folder };
    return await readCsv(
      files.map((file) => ({ ...file, part: 'train' })),
      context,
    );
  } catch (error) {
    if (error instanceof TooManyValues) throw new FileDamage(error.message, undefined, { cause: error });
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Two passes over the bytes. */
function progress(bytes: number, sink: ReadingSink): (bytes: number) => void {
  let done = 0,
    reported = 0;
  return (more) => {
    done += more;
    if (done - reported < PROGRESS_BYTES && done < 2 * bytes) return;
    reported = done;
    sink.onProgress(Math.min(done, 2 * bytes), 2 * bytes);
  };
}
