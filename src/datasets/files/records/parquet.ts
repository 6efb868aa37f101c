/** Apache Parquet: row groups of columns. */
import { open, type FileHandle } from 'node:fs/promises';
import { parquetMetadataAsync, parquetRead, parquetSchema, type AsyncBuffer, type FileMetaData } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { FileProblem, Table } from '../../../schemas/index.ts';
import { LIMITS } from '../../../vocabulary/index.ts';
import { TableWriter } from '../../table/table-writer.ts';
import type { PartFile, ReadingContext } from '../context.ts';
import { MissingWords } from '../csv/cells.ts';
import { FileDamage, naming } from '../damage.ts';
import { ValueColumn, type ValueWriter } from './value-column.ts';

interface OpenParquet {
  file: PartFile;
  buffer: AsyncBuffer;
  metadata: FileMetaData;
  names: string[];
}

/** Struct columns are flattened to names such as a.b. One row group of the file is in memory at a time. Throws FileDamage. */
export async function readParquet(files: readonly PartFile[], context: ReadingContext): Promise<Table> {
  const handles: FileHandle[] = [];
  try {
    const opened: OpenParquet[] = [];
    for (const file of files) {
      const handle = await open(file.path);
      handles.push(handle);
      opened.push(await naming(file.name, files.length > 1, () => openParquet(file, handle, context)));
    }
    return await readOpened(opened, context);
  } finally {
    for (const handle of handles) await handle.close();
  }
}

async function readOpened(files: readonly OpenParquet[], context: ReadingContext): Promise<Table> {
  const [first, ...others] = files;
  for (const { file, names } of others)
    if (names.toSorted().join('\n') !== first!.names.toSorted().join('\n'))
      throw new FileDamage(
        `${file.name} has other columns than ${first!.file.name}. Files of one data set need the same columns.`,
      );
  // Parquet has missing values of its own, so words are only those that are asked for.
  const missing = new MissingWords(context.options.missing ?? []),
    notes: FileProblem[] = [],
    columns = new Map<string, ValueColumn>();
  for (const opened of files)
    await naming(opened.file.name, files.length > 1, () => surveyFile(opened, columns, missing));
  if (columns.size > LIMITS.features)
    throw new FileDamage(`The file has ${columns.size} columns; ${LIMITS.features} are possible.`);

  const used = [...columns.values()].map((column) => column.decide(notes)).filter((column) => column !== null);
  if (used.length === 0)
    throw new FileDamage('No column of the file can be used: there are no numbers, texts or dates.');
  const writer = new TableWriter(
    used.map(({ plan }) => plan),
    context.limits,
    context.sink,
  );
  for (const opened of files) {
    writer.startPart(opened.file.part);
    for await (const { rows, values } of groupsOf(opened))
      await writeGroup(
        rows,
        used.map(({ plan, write }) => ({ values: values.get(plan.name), write })),
        writer,
      );
  }
  return writer.finish({ format: 'parquet', missing: [...missing.seen], notes });
}

async function surveyFile(
  opened: OpenParquet,
  columns: Map<string, ValueColumn>,
  missing: MissingWords,
): Promise<void> {
  for await (const { rows, values } of groupsOf(opened))
    for (const [name, own] of values) {
      if (!columns.has(name)) columns.set(name, new ValueColumn(name, missing));
      const column = columns.get(name)!;
      for (let row = 0; row < rows; row++) column.see(own[row], undefined);
    }
}

async function writeGroup(
  rows: number,
  columns: readonly { values: ArrayLike<unknown> | undefined; write: ValueWriter }[],
  writer: TableWriter,
): Promise<void> {
  for (let row = 0; row < rows;) {
    const count = Math.min(rows - row, writer.room);
    for (const [i, { values, write }] of columns.entries())
      for (let k = 0; k < count; k++) write(values?.[row + k], writer.columns[i]!, writer.rows + k);
    writer.rows += count;
    row += count;
    if (writer.isFull) await writer.flush();
  }
}

async function openParquet(file: PartFile, handle: FileHandle, { advance }: ReadingContext): Promise<OpenParquet> {
  const { size } = await handle.stat();
  const buffer: AsyncBuffer = {
    byteLength: size,
    async slice(start, end = size) {
      const length = Math.max(0, Math.min(end, size) - start);
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const { bytesRead } = await handle.read(bytes, done, length - done, start + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      advance(length);
      return bytes.buffer;
    },
  };
  try {
    const metadata = await parquetMetadataAsync(buffer);
    const names = parquetSchema(metadata).children.map(({ element }) => element.name);
    if (metadata.row_groups.every(({ num_rows }) => Number(num_rows) === 0))
      throw new FileDamage('The Parquet file has no rows.');
    return { file, buffer, metadata, names };
  } catch (error) {
    throw asDamage(error);
  }
}

interface Group {
  rows: number;
  /** By column, structs flattened. */
  values: Map<string, ArrayLike<unknown>>;
}

async function* groupsOf({ buffer, metadata }: OpenParquet): AsyncGenerator<Group> {
  let first = 0;
  for (const { num_rows } of metadata.row_groups) {
    const rows = Number(num_rows);
    if (rows === 0) continue;
    const values = new Map<string, ArrayLike<unknown>>();
    try {
      const pieces = new Map<string, ArrayLike<unknown>[]>();
      await parquetRead({
        file: buffer,
        metadata,
        compressors,
        rowStart: first,
        rowEnd: first + rows,
        onChunk({ columnName, columnData }) {
          pieces.set(columnName, [...(pieces.get(columnName) ?? []), columnData]);
        },
      });
      for (const [name, parts] of pieces)
        flatten(name, parts.length === 1 ? parts[0]! : parts.flatMap((part) => Array.from(part)), values);
      for (const [name, own] of values)
        if (own.length !== rows)
          throw new FileDamage(`Column ${name} has ${own.length} values in a group of ${rows} rows.`);
    } catch (error) {
      throw asDamage(error);
    }
    yield { rows, values };
    first += rows;
  }
}

/** A column of structs becomes a column per field. */
function flatten(name: string, values: ArrayLike<unknown>, into: Map<string, ArrayLike<unknown>>): void {
  const items: unknown[] = Array.isArray(values) ? values : [];
  const fields = new Set<string>();
  for (const item of items) if (isStruct(item)) for (const field of Object.keys(item)) fields.add(field);
  if (fields.size === 0) {
    into.set(name, values);
    return;
  }
  for (const field of fields)
    flatten(
      `${name}.${field}`,
      items.map((item) => (isStruct(item) ? item[field] : null)),
      into,
    );
}

const isStruct = (item: unknown): item is Record<string, unknown> =>
  typeof item === 'object' &&
  item !== null &&
  !(item instanceof Date) &&
  !Array.isArray(item) &&
  !ArrayBuffer.isView(item);

/** Whatever the library meets in bytes that are not Parquet. Errors of the system are not the file's. */
function asDamage(error: unknown): unknown {
  if (error instanceof FileDamage || !(error instanceof Error) || 'syscall' in error) return error;
  return new FileDamage(`The Parquet file is damaged or was cut off (${error.message}). Write it again.`, undefined, {
    cause: error,
  });
}
