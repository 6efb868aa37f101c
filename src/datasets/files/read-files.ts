/** Data files of any known format to a table: row groups, and what the columns hold. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataFile, FileProblem, ReadingLimits, ReadingOptions, ReadingSink, Table } from '../../schemas/index.ts';
import { TooManyValues } from '../table/table-writer.ts';
import { isClassNames } from './arrays/class-names.ts';
import { readArrays } from './arrays/read-arrays.ts';
import type { PartFile, ReadingContext } from './context.ts';
import { readCsv } from './csv/read-csv.ts';
import { FileDamage, naming } from './damage.ts';
import { formatOf, type Container, type FoundFormat } from './format.ts';
import { readImageFolders } from './images/image-folders.ts';
import { inParts } from './parts.ts';
import { readJsonLines } from './records/json-lines.ts';
import { readParquet } from './records/parquet.ts';
import { gunzip, openArchive } from './unpack.ts';

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
  if (files.length === 0) throw new FileDamage('There is no file.');
  const folder = await mkdtemp(join(workspace, 'reading-'));
  const progress = new ReadingProgress(sink);
  const context: ReadingContext = {
    options,
    limits,
    sink,
    advance: (bytes) => progress.advance(bytes),
    workspace: folder,
  };
  try {
    const { format, found, notes } = await open(files, context);
    progress.expect(await sizeOf(found));
    const table = await readAs(format, found, context);
    progress.finish();
    return { ...table, reading: { ...table.reading, notes: [...notes, ...table.reading.notes] } };
  } catch (error) {
    if (error instanceof TooManyValues) throw new FileDamage(error.message, undefined, { cause: error });
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Opened {
  format: Exclude<FoundFormat, Container> | 'npz' | { imagesIn: Container };
  found: DataFile[];
  notes: FileProblem[];
}

/** The data files themselves, out of gzip and archives, all of one format. Throws FileDamage. */
async function open(given: readonly DataFile[], context: ReadingContext): Promise<Opened> {
  const files = await unzipAll(given, context, 0);
  const formats = await formatsOf(files, context.options);
  const [only] = files;
  const [format] = formats;
  if (files.length === 1 && (format === 'zip' || format === 'tar')) {
    const archive = await openArchive(only!, format, context);
    if (archive === 'images') return { format: { imagesIn: format }, found: files, notes: [] };
    const inside = await unzipAll(archive.files, context, files.length);
    const own = sameFormat(inside, await formatsOf(inside, context.options));
    return { format: archive.isNpz ? 'npz' : own, found: inside, notes: archive.notes };
  }
  return { format: sameFormat(files, formats), found: files, notes: [] };
}

async function unzipAll(files: readonly DataFile[], context: ReadingContext, first: number): Promise<DataFile[]> {
  const unzipped: DataFile[] = [];
  for (const [i, file] of files.entries())
    unzipped.push(await naming(file.name, files.length > 1, () => gunzip(file, first + i, context)));
  return namesLast(unzipped);
}

/** What was asked for, of the formats without a signature; else what the file says. */
async function formatsOf(files: readonly DataFile[], { format }: ReadingOptions): Promise<FoundFormat[]> {
  const formats: FoundFormat[] = [];
  for (const file of files)
    formats.push(
      isClassNames(file) && formats[0] === 'idx'
        ? 'idx'
        : await naming(file.name, files.length > 1, () =>
            format === 'csv' || format === 'jsonLines' ? askedFor(file, format) : formatOf(file),
          ),
    );
  return formats;
}

/** What a list of classes is depends on the files beside it. */
const namesLast = (files: readonly DataFile[]): DataFile[] =>
  files.toSorted((a, b) => Number(isClassNames(a)) - Number(isClassNames(b)));

async function askedFor(file: DataFile, format: 'csv' | 'jsonLines'): Promise<FoundFormat> {
  if ((await stat(file.path)).size === 0) throw new FileDamage('The file is empty.');
  return format;
}

/** Throws FileDamage if they differ, or are archives. */
function sameFormat(files: readonly DataFile[], formats: readonly FoundFormat[]): Exclude<FoundFormat, Container> {
  const [first] = formats;
  const archive = formats.findIndex((format) => format === 'zip' || format === 'tar');
  if (archive !== -1)
    throw new FileDamage(
      `${files[archive]!.name} is an archive among other files. Send one archive, with files that are none.`,
    );
  const other = formats.findIndex((format) => format !== first);
  if (other !== -1)
    throw new FileDamage(
      `${files[0]!.name} is ${IN_WORDS[first!]}, but ${files[other]!.name} is ${IN_WORDS[formats[other]!]}. Files of one data set need the same format.`,
    );
  return first as Exclude<FoundFormat, Container>;
}

const IN_WORDS: Record<FoundFormat, string> = {
  csv: 'CSV',
  jsonLines: 'JSON Lines',
  parquet: 'Parquet',
  npy: 'NPY',
  idx: 'IDX',
  zip: 'a zip archive',
  tar: 'a tar archive',
};

async function readAs(format: Opened['format'], files: DataFile[], context: ReadingContext): Promise<Table> {
  if (typeof format === 'object') return readImageFolders({ path: files[0]!.path, kind: format.imagesIn }, context);
  switch (format) {
    case 'csv':
      return readCsv(partsOf(files), context);
    case 'jsonLines':
      return readJsonLines(partsOf(files), context);
    case 'parquet':
      return readParquet(partsOf(files), context);
    case 'npy':
    case 'npz':
    case 'idx':
      return readArrays(files, format, context);
  }
}

const partsOf = (files: readonly DataFile[]): PartFile[] =>
  inParts(files, ({ name }) => name.replace(/\.\w+$/, '')).map(({ item, part }) => ({ ...item, part }));

async function sizeOf(files: readonly DataFile[]): Promise<number> {
  const sizes = await Promise.all(files.map(async ({ path }) => (await stat(path)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Two passes over the bytes. */
class ReadingProgress {
  readonly #sink: ReadingSink;
  #total = 0;
  #done = 0;
  #reported = 0;

  constructor(sink: ReadingSink) {
    this.#sink = sink;
  }

  expect(bytes: number): void {
    this.#total = 2 * bytes;
  }

  advance(bytes: number): void {
    this.#done = Math.min(this.#done + bytes, this.#total);
    if (this.#done - this.#reported < PROGRESS_BYTES) return;
    this.#reported = this.#done;
    this.#sink.onProgress(this.#done, this.#total);
  }

  finish(): void {
    this.#sink.onProgress(this.#total, this.#total);
  }
}
